/** How much the model may write. */
import type { ChatRequest } from '../../wire/chat-request.ts'

/** No model writes more in one answer; the bound keeps absurd numbers from ever being printed as `1e+300`. */
const MOST = 1_000_000

/** Undefined: as much as the model can. */
export function outputLimit(request: ChatRequest): number | undefined {
  const asked = request.max_completion_tokens ?? request.max_tokens ?? undefined
  return asked === undefined ? undefined : Math.min(asked, MOST)
}
