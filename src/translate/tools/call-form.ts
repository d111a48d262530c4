/** In what form a request wants the calls of its answer. */
import type { ChatRequest } from '../../wire/chat-request.ts'

export interface CallForm {
  /** `function_call` in the place of `tool_calls`. */
  readonly isLegacy: boolean
  /** Further calls of the same answer are dropped. */
  readonly isSingle: boolean
  /** Names of the tools that take free text. */
  readonly custom: ReadonlySet<string>
}

export function callForm({ tools, functions, parallel_tool_calls: parallel }: ChatRequest): CallForm {
  const isLegacy = (functions ?? []).length > 0
  const custom = (tools ?? []).flatMap((tool) => (tool.type === 'custom' ? [tool.custom.name] : []))
  return { isLegacy, isSingle: isLegacy || parallel === false, custom: new Set(custom) }
}
