/** At what price the capacity is bought that answers: the model API knows the standard one, and one that is reserved. */
import type { Capabilities } from '../../turn/capabilities.ts'
import type { StartEvent } from '../../turn/turn-event.ts'
import type { Turn } from '../../turn/turn.ts'
import type { ChatRequest } from '../../wire/chat-request.ts'
import type { ChatServiceTier } from '../../wire/chat-response.ts'
import type { Dropped } from './fates.ts'

type Given = Pick<ChatRequest, 'service_tier'>

/** All others leave the choice to the model API, which uses reserved capacity where the account has some. */
export function serviceTier(
  { service_tier: asked }: Given,
  { serviceTier: taken }: Pick<Capabilities, 'serviceTier'>,
): Pick<Turn, 'serviceTier'> & { ignored: Dropped[] } {
  if (asked !== 'default') return { ignored: [] }
  if (taken) return { serviceTier: 'standard', ignored: [] }
  return { ignored: [{ name: 'service_tier', why: 'The model API does not let standard capacity be asked for.' }] }
}

/** The tier that the answer names: the one that really served it, and only if the request named any. */
export function answeredServiceTier(
  { service_tier: asked }: Given,
  served: StartEvent['serviceTier'],
): ChatServiceTier | undefined {
  if (asked === undefined || asked === null) return undefined
  return served === 'priority' ? 'priority' : 'default'
}
