/**
 * The first turn of a process costs it 190 ms of CPU, and 50 ms after two rehearsals (Claude Code 2.1.330): its code is
 * compiled on the way. A rehearsal pays that ahead, while nobody waits: a question that the egress answers itself and
 * the process then forgets.
 */
import type { Turn } from '../turn/turn.ts'
import { digestChain } from './conversation-digest.ts'
import { UNKNOWN_MODEL } from './turn-settings.ts'
import type { Worker } from './worker.ts'

/** After one it is 90 ms, after two 50, after three no less. */
const TIMES = 2
const LONGEST_MS = 5000

const TURN: Turn = {
  id: 'rehearsal',
  principal: { id: '(rehearsal)' },
  model: 'default',
  conversation: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
}

/**
 * Rehearses with a ready, empty worker that calls its model through the egress; does nothing with another.
 * @param isAwaited whether somebody waits for the worker: then it is made short
 */
export async function rehearse(
  worker: Pick<Worker, 'canRehearse' | 'run' | 'reset' | 'giveUp'>,
  isAwaited: () => boolean,
  longestMs = LONGEST_MS,
): Promise<void> {
  if (!worker.canRehearse) return
  const question = { turn: TURN, chain: digestChain(TURN.conversation), model: UNKNOWN_MODEL, isRehearsal: true }
  const patience = AbortSignal.timeout(longestMs)
  try {
    for (let times = 0; times < TIMES; times += 1) {
      for await (const event of worker.run(question, patience)) if (event.type === 'finish') continue
      if (!(await worker.reset()) || isAwaited()) return
    }
  } catch (error) {
    // Whatever it was, a process that cannot do this is no good for a turn.
    await worker.giveUp(error)
  }
}
