import { type ApiProblem, invalid } from './api-problem.ts'
import type { ModelKind } from './model-kinds.ts'
import { blocksOf, type MessagesRequest } from './request-shape.ts'
import { signThinking } from './sign-thinking.ts'
import type { Rule } from './rule.ts'

const LEAST_BUDGET = 1024

/** Whether the model may think in this request. */
export function thinks({ thinking }: MessagesRequest, kind: ModelKind): boolean {
  return thinking === undefined || thinking === null ? kind.thinksByDefault : thinking.type !== 'disabled'
}

export const validateThinking: Rule = (request, kind) =>
  checkMode(request, kind) ??
  checkToolChoice(request, kind) ??
  checkSignatures(request) ??
  checkToolCalls(request, kind)

function checkMode({ thinking, max_tokens: maxTokens }: MessagesRequest, kind: ModelKind): ApiProblem | undefined {
  switch (thinking?.type) {
    case undefined:
      return undefined
    case 'disabled':
      return kind.thinkingCanBeOff
        ? undefined
        : invalid('thinking: "thinking.type.disabled" is not supported for this model.')
    case 'adaptive':
      return kind.thinking === 'adaptive'
        ? undefined
        : invalid('thinking: adaptive thinking is not supported on this model')
    case 'enabled':
      if (kind.thinking !== 'budget') {
        return invalid(
          'thinking: "thinking.type.enabled" is not supported for this model. ' +
            'Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
        )
      }
      if (thinking.budget_tokens < LEAST_BUDGET) {
        return invalid(`thinking.enabled.budget_tokens: Input should be greater than or equal to ${LEAST_BUDGET}`)
      }
      return thinking.budget_tokens < maxTokens
        ? undefined
        : invalid('max_tokens: must be greater than `thinking.budget_tokens`.')
  }
}

function checkToolChoice(request: MessagesRequest, kind: ModelKind): ApiProblem | undefined {
  const forced = request.tool_choice?.type === 'any' || request.tool_choice?.type === 'tool'
  return forced && thinks(request, kind)
    ? invalid('tool_choice: Thinking may not be enabled when tool_choice forces tool use.')
    : undefined
}

function checkSignatures(request: MessagesRequest): ApiProblem | undefined {
  for (const [index, message] of request.messages.entries()) {
    for (const [at, block] of blocksOf(message.content).entries()) {
      if (block.type === 'thinking' && block.signature !== signThinking(block.thinking)) {
        return invalid(`messages.${index}.content.${at}: Invalid \`signature\` in \`thinking\` block`)
      }
    }
  }
  return undefined
}

/** The last assistant turn may be a running tool loop, and there the thinking must be kept. */
function checkToolCalls(request: MessagesRequest, kind: ModelKind): ApiProblem | undefined {
  if (!kind.toolCallsNeedThinking || !thinks(request, kind)) return undefined
  const index = request.messages.findLastIndex(({ role }) => role === 'assistant')
  const blocks = blocksOf(request.messages[index]?.content)
  const first = blocks[0]?.type
  if (!blocks.some(({ type }) => type === 'tool_use') || first === 'thinking' || first === 'redacted_thinking')
    return undefined
  return invalid(
    `messages.${index}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. When \`thinking\` is enabled, ` +
      'a final `assistant` message must start with a thinking block (preceding the last set of `tool_use` and `tool_result` blocks).',
  )
}
