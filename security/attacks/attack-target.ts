import { setTimeout as delay } from 'node:timers/promises'
import { type Attack, Breach, hold, type Need, type PromiseId } from './attack.ts'
import type { Target } from './target.ts'

/** How often somebody else asks while an attack runs, and how long that one may wait. */
const LOOK_MS = 100
const PATIENCE_MS = 2000

export interface Outcome {
  readonly name: string
  readonly promise: PromiseId
  readonly verdict: 'held' | 'broken' | 'not tried'
  /** What was found, or what is missing for it to be tried. */
  readonly reason?: string
  readonly ms: number
}

/**
 * Tries one after the other, those that only wait side by side. After each the server has to answer as before.
 * @param tell hears of each as soon as it is over
 */
export async function attackTarget(
  target: Target,
  attacks: readonly Attack[],
  tell: (outcome: Outcome) => void = () => undefined,
): Promise<readonly Outcome[]> {
  const attempt = async (attack: Attack): Promise<Outcome> => {
    const outcome = await tryAttack(target, attack)
    tell(outcome)
    return outcome
  }
  const isLong = ({ needs = [] }: Attack): boolean => needs.includes('time')
  const long = Promise.all(attacks.filter(isLong).map(attempt))
  const outcomes: Outcome[] = []
  for (const attack of attacks) if (!isLong(attack)) outcomes.push(await attempt(attack))
  return [...outcomes, ...(await long)]
}

async function tryAttack(target: Target, { name, promise, needs = [], run }: Attack): Promise<Outcome> {
  const missing = needs.find((need) => !target.has(need))
  if (missing !== undefined) return { name, promise, verdict: 'not tried', reason: MISSING[missing], ms: 0 }
  const began = performance.now()
  const outcome = (verdict: 'held' | 'broken', reason?: string): Outcome => {
    const facts = { name, promise, verdict, ms: Math.round(performance.now() - began) }
    return reason === undefined ? facts : { ...facts, reason }
  }
  try {
    await besides(target, run(target))
    return outcome('held')
  } catch (error) {
    if (!(error instanceof Breach)) throw error
    return outcome('broken', error.message)
  }
}

/** Whatever happens, others are answered meanwhile, and afterwards. */
async function besides(target: Target, running: Promise<void>): Promise<void> {
  const end = new AbortController()
  const others = (async () => {
    for (let isLast = false; !isLast;) {
      await delay(LOOK_MS, undefined, { signal: end.signal }).catch(() => undefined)
      isLast = end.signal.aborted
      const { status, ms } = await target.ask({ path: '/health' })
      hold(status === 200 && ms < PATIENCE_MS, `others are answered ${status} after ${Math.round(ms)} ms`)
    }
  })()
  const [ran, served] = await Promise.allSettled([running.finally(() => end.abort()), others])
  if (ran.status === 'rejected') throw ran.reason
  if (served.status === 'rejected') throw served.reason
}

const MISSING: Readonly<Record<Need, string>> = {
  key: 'the server asks for no key, or --key is not given',
  'limited key': 'the key has the scope admin, or none is asked for',
  'other key': '--other-key is not given',
  log: 'the log is not known here: it is in npm test',
  model: 'the model is not known here: it is in npm test',
  time: '--quick leaves it out',
}
