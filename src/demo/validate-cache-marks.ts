import { invalid } from './api-problem.ts'
import type { JsonObject } from './json-object.ts'
import { blocksOf, type MessagesRequest } from './request-shape.ts'
import type { Rule } from './rule.ts'

const MOST_MARKS = 4

export const validateCacheMarks: Rule = (request) => {
  const found = markable(request).filter(({ cache_control: mark }) => mark !== undefined && mark !== null).length
  if (found <= MOST_MARKS) return undefined
  return invalid(`cache_control: A maximum of ${MOST_MARKS} blocks with cache_control may be provided. Found ${found}.`)
}

/** Everything that can carry a mark, what is inside of tool results included. */
function markable(request: MessagesRequest): JsonObject[] {
  const blocks = request.messages.flatMap(({ content }): readonly JsonObject[] => blocksOf(content))
  const inside = blocks.flatMap(({ content }) => (Array.isArray(content) ? content : []))
  return [...(request.tools ?? []), ...blocksOf(request.system ?? undefined), ...blocks, ...inside]
}
