import { type ApiProblem, invalid } from './api-problem.ts'
import { countInputTokens } from './count-tokens.ts'
import { blocksOf, type RequestBlock, type RequestMessage } from './request-shape.ts'
import type { Rule } from './rule.ts'

/** Roles, empty contents, blank texts, blocks in the wrong role, prefill, and the size of it all. */
export const validateMessages: Rule = (request, kind) => {
  if (request.messages[0]?.role !== 'user') return invalid('messages.0.role: first message must use the "user" role')
  const last = request.messages.findLastIndex((message) => message.role !== 'system')
  for (const [index, message] of request.messages.entries()) {
    const found = checkMessage(message, `messages.${index}`, index === last)
    if (found !== undefined) return found
  }
  if (request.messages[last]?.role === 'assistant') {
    if (!kind.prefill) {
      return invalid(
        `messages.${last}.role: This model does not support assistant message prefill. The conversation must end with a user message.`,
      )
    }
    if (endsBlank(request.messages[last])) {
      return invalid(`messages.${last}.content: final assistant content cannot end with trailing whitespace`)
    }
  }
  if (Array.isArray(request.system)) {
    const found = checkTexts(request.system, 'system')
    if (found !== undefined) return found
  }
  const tokens = countInputTokens(request)
  return tokens > kind.contextTokens
    ? invalid(`prompt is too long: ${tokens} tokens > ${kind.contextTokens} maximum`)
    : undefined
}

function checkMessage(message: RequestMessage, place: string, isLast: boolean): ApiProblem | undefined {
  if (message.role === 'system') return checkSystemMessage(message, place)
  if (message.content === undefined) return invalid(`${place}.content: Field required`)
  if (message.content.length === 0 && !(isLast && message.role === 'assistant')) {
    return invalid(
      `${place}.content: all messages must have non-empty content except for the optional final assistant message`,
    )
  }
  return checkTexts(blocksOf(message.content), `${place}.content`) ?? checkRoles(message, place)
}

/** One in mid-conversation may be without words if it sets something: https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages */
function checkSystemMessage(message: RequestMessage, place: string): ApiProblem | undefined {
  const blocks = blocksOf(message.content)
  if (blocks.length === 0 && Object.keys(message.output_config ?? {}).length === 0) {
    return invalid(`${place}: system messages must have content or output_config`)
  }
  return checkTexts(blocks, `${place}.content`) ?? checkRoles(message, place)
}

const ASSISTANT_BLOCKS: readonly string[] = ['tool_use', 'thinking', 'redacted_thinking', 'server_tool_use']
const USER_BLOCKS: readonly string[] = ['tool_result', 'image', 'document']

function checkRoles({ role, content }: RequestMessage, place: string): ApiProblem | undefined {
  for (const [index, { type }] of blocksOf(content).entries()) {
    const owner = ASSISTANT_BLOCKS.includes(type) ? 'assistant' : USER_BLOCKS.includes(type) ? 'user' : role
    if (owner !== role)
      return invalid(`${place}.content.${index}: \`${type}\` blocks can only be in \`${owner}\` messages`)
  }
  return undefined
}

function checkTexts(blocks: readonly RequestBlock[], place: string): ApiProblem | undefined {
  for (const [index, block] of blocks.entries()) {
    const here = `${place}.${index}`
    if (block.type === 'text' && block.text === '') return invalid(`${here}: text content blocks must be non-empty`)
    if (block.type === 'text' && block.text.trim() === '') {
      return invalid(`${here}: text content blocks must contain non-whitespace text`)
    }
    if (block.type === 'tool_result' && Array.isArray(block.content)) {
      const found = checkTexts(block.content, `${here}.content`)
      if (found !== undefined) return found
    }
  }
  return undefined
}

function endsBlank(message: RequestMessage | undefined): boolean {
  const block = blocksOf(message?.content).at(-1)
  return block?.type === 'text' && /\s$/.test(block.text)
}
