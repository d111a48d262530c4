import { type ApiProblem, invalid } from './api-problem.ts'
import { blocksOf, type RequestMessage } from './request-shape.ts'
import type { Rule } from './rule.ts'

/** A message with its place in the request; system messages in between do not part a call from its result. */
interface Placed {
  readonly place: string
  readonly message: RequestMessage
}

/** Every call is answered at the head of the next message, and every result has its call in the one before. */
export const validateToolPairs: Rule = (request) => {
  const turns = request.messages
    .map((message, index): Placed => ({ place: `messages.${index}`, message }))
    .filter(({ message }) => message.role !== 'system')
  const seen = new Set<string>()
  for (const [index, turn] of turns.entries()) {
    const found = checkCalls(turn, turns[index + 1], seen) ?? checkResults(turn, turns[index - 1])
    if (found !== undefined) return found
  }
  return undefined
}

function checkCalls({ place, message }: Placed, next: Placed | undefined, seen: Set<string>): ApiProblem | undefined {
  const calls = callIds(message)
  for (const [index, block] of blocksOf(message.content).entries()) {
    if (block.type !== 'tool_use') continue
    if (seen.has(block.id)) return invalid(`${place}.content.${index}: \`tool_use\` ids must be unique`)
    seen.add(block.id)
  }
  const answered = next === undefined ? [] : leadingResultIds(next.message)
  const missing = calls.filter((id) => !answered.includes(id))
  if (missing.length === 0) return undefined
  return invalid(
    `${place}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}. ` +
      'Each `tool_use` block must have a corresponding `tool_result` block in the next message.',
  )
}

function checkResults({ place, message }: Placed, previous: Placed | undefined): ApiProblem | undefined {
  const calls = previous === undefined ? [] : callIds(previous.message)
  const seen = new Set<string>()
  for (const [index, block] of blocksOf(message.content).entries()) {
    if (block.type !== 'tool_result') continue
    const here = `${place}.content.${index}`
    if (!calls.includes(block.tool_use_id)) {
      return invalid(
        `${here}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${block.tool_use_id}. ` +
          'Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
      )
    }
    if (seen.has(block.tool_use_id)) {
      return invalid(
        `${here}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${block.tool_use_id}`,
      )
    }
    seen.add(block.tool_use_id)
  }
  return undefined
}

function callIds(message: RequestMessage): string[] {
  return blocksOf(message.content).flatMap((block) => (block.type === 'tool_use' ? [block.id] : []))
}

/** Text goes after the results: the API does not look for a result behind it. */
function leadingResultIds(message: RequestMessage): string[] {
  const blocks = blocksOf(message.content)
  const end = blocks.findIndex((block) => block.type !== 'tool_result')
  return blocks
    .slice(0, end === -1 ? blocks.length : end)
    .flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []))
}
