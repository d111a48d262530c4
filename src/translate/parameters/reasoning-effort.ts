/** How hard the model thinks, from the caller's wish, the room there is and what the model can do. */
import type { Model } from '../../turn/model.ts'
import { EFFORTS, type Effort, type Turn } from '../../turn/turn.ts'
import type { ChatRequest } from '../../wire/chat-request.ts'

/** Thinking counts as output: with less room than this, and no wish for effort, it would leave nothing for the answer. */
const ROOM_FOR_THINKING = 2048

export function reasoningEffort(
  asked: ChatRequest['reasoning_effort'],
  maxOutputTokens: number | undefined,
  model: Model | undefined,
): Pick<Turn, 'effort' | 'thinking'> {
  if (asked === undefined || asked === null) {
    return maxOutputTokens !== undefined && maxOutputTokens < ROOM_FOR_THINKING ? { thinking: 'off' } : {}
  }
  if (asked === 'none') return { thinking: 'off' }
  const effort = cap(asked === 'minimal' ? 'low' : asked, model)
  return effort === undefined ? {} : { effort }
}

/** The highest level of the model that is not above the wish, else its lowest; undefined where it has no levels. */
function cap(asked: Effort, model: Model | undefined): Effort | undefined {
  if (model === undefined) return asked
  const within = EFFORTS.slice(0, EFFORTS.indexOf(asked) + 1)
  return model.efforts.findLast((effort) => within.includes(effort)) ?? model.efforts[0]
}
