/** Whether processes may serve more than one turn, and be started with a transcript: from the self-test's result on. */
import type { Logger } from 'pino'
import { type SelfTestOptions, testReuse } from './self-test.ts'

export interface Reuse {
  readonly proven: boolean
  readonly resumeProven: boolean
  readonly state: 'on' | 'off' | 'unproven'
  /** Makes the test once `ready` resolves; it never rejects. */
  prove(ready: Promise<unknown>): void
  stop(): void
  /** Resolves when no test runs any more. */
  settled(): Promise<void>
}

/** How long the whole test may take. */
const TEST_MS = 30_000

export function createReuse({
  startWorker,
  log,
}: {
  readonly startWorker: SelfTestOptions['startWorker']
  readonly log: Logger
}): Reuse {
  let state: Reuse['state'] = 'off'
  let resumeProven = false
  let test: Promise<void> = Promise.resolve()
  const stopped = new AbortController()

  const run = async (ready: Promise<unknown>): Promise<void> => {
    try {
      await ready
      const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(TEST_MS)])
      const found = await testReuse({ startWorker, signal })
      state = found.kept === undefined ? 'on' : 'off'
      resumeProven = found.resumeFault === undefined
      if (found.kept !== undefined)
        log.error({ kept: found.kept }, 'processes do not forget: every turn gets a new one')
      if (found.resumeFault !== undefined)
        log.warn(
          { fault: found.resumeFault },
          'long conversations are told message by message: transcripts do not work',
        )
    } catch (error) {
      state = 'off'
      if (!stopped.signal.aborted)
        log.error({ err: error }, 'the self-test could not be made: every turn gets a new process')
    }
  }
  return {
    get proven() {
      return state === 'on'
    },
    get resumeProven() {
      return resumeProven
    },
    get state() {
      return state
    },
    prove: (ready) => {
      state = 'unproven'
      test = run(ready)
    },
    stop: () => stopped.abort(),
    settled: () => test,
  }
}
