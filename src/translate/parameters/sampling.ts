/** How the next word is chosen, as far as the model lets the caller say. */
import type { Capabilities } from '../../turn/capabilities.ts'
import type { Sampling } from '../../turn/turn.ts'
import type { ChatRequest } from '../../wire/chat-request.ts'
import type { Dropped } from './fates.ts'

/** Why `top_p` goes where only one is taken. */
const TOP_P_ALONE = 'The model takes it only without a temperature, and Claude Code always sends one.'
/** The API's own scale ends here, OpenAI's at 2. */
const HIGHEST_TEMPERATURE = 1

type Given = Pick<ChatRequest, 'temperature' | 'top_p' | 'top_k' | 'reasoning_effort'>

/**
 * Default values ask for nothing. The model API takes no sampling next to thinking, so a wish for effort goes before. Where
 * thinking is off Claude Code (2.1.330) always sends a temperature, so `top_p` can go only where both are taken.
 */
export function sampling(
  request: Given,
  { sampling: taken }: Pick<Capabilities, 'sampling'>,
): { sampling?: Sampling; ignored: Dropped[] } {
  const { temperature, top_p: topP, top_k: topK } = asked(request)
  const given = [
    ...(temperature === undefined ? [] : ['temperature']),
    ...(topP === undefined ? [] : ['top_p']),
    ...(topK === undefined ? [] : ['top_k']),
  ]
  const effort = request.reasoning_effort ?? 'none'
  if (given.length === 0) return { ignored: [] }
  const drop = (why: string): Dropped[] => given.map((name) => ({ name, why }))
  if (taken === 'none') return { ignored: drop('The model takes no sampling parameters.') }
  if (effort !== 'none')
    return { ignored: drop('The model takes it only without thinking, which reasoning_effort asks for.') }
  const isDropped = topP !== undefined && taken === 'one'
  const sent: Sampling = {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined || isDropped ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
  }
  return {
    ...(Object.keys(sent).length === 0 ? {} : { sampling: sent }),
    ignored: isDropped ? [{ name: 'top_p', why: TOP_P_ALONE }] : [],
  }
}

function asked({ temperature, top_p: topP, top_k: topK }: Given): {
  temperature?: number | undefined
  top_p?: number | undefined
  top_k?: number | undefined
} {
  const capped = Math.min(temperature ?? HIGHEST_TEMPERATURE, HIGHEST_TEMPERATURE)
  return {
    temperature: capped === HIGHEST_TEMPERATURE ? undefined : capped,
    top_p: (topP ?? 1) === 1 ? undefined : (topP ?? undefined),
    top_k: (topK ?? 0) === 0 ? undefined : (topK ?? undefined),
  }
}
