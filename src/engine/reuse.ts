/**
 * Whether processes of a tool mode may serve more than one turn, and be started with a transcript: from the self-test's
 * result on. Text is tested at the start, functions when the first process is started for them.
 */
import type { Logger } from 'pino'
import type { EngineStatus } from './engine.ts'
import { type SelfTestOptions, testReuse } from './self-test.ts'
import type { ToolMode } from './profile.ts'

export interface Reuse {
  isProven(toolMode: ToolMode): boolean
  isResumeProven(toolMode: ToolMode): boolean
  /** `off` also when only one mode is. */
  readonly state: EngineStatus['reuse']
  /** Makes the test of a mode once, after the one that runs. It never rejects. */
  prove(toolMode: ToolMode): void
  stop(): void
  /** Resolves when no test runs any more. */
  settled(): Promise<void>
}

export interface ReuseOptions {
  readonly startWorker: SelfTestOptions['startWorker']
  /** False where the operator does not want it: nothing is tested. */
  readonly wanted: boolean
  /** Resolves when there is a binary that gets ready. */
  readonly ready: () => Promise<unknown>
  /** What is known of the binary already; a test that a process passes adds to it. */
  readonly proofs: Proofs
  /** What a test is about: it holds for nothing else. */
  readonly subject: string
  readonly log: Logger
}

interface Proof {
  readonly forgets: boolean
  readonly resumes: boolean
}

/** What was proven, by subject and tool mode. Only what a process passed: a failure may have been the machine's. */
export type Proofs = Map<string, Proof>

/** How long a whole test may take. */
const TEST_MS = 30_000

export function createReuse({ startWorker, wanted, ready, proofs: known, subject, log }: ReuseOptions): Reuse {
  const asked = new Set<ToolMode>()
  const proofs = new Map<ToolMode, Proof>()
  const stopped = new AbortController()
  let tests: Promise<void> = Promise.resolve()

  const test = async (toolMode: ToolMode): Promise<Proof> => {
    const name = `${toolMode} ${subject}`
    try {
      await ready()
      const proof = known.get(name)
      if (proof !== undefined) return proof
      const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(TEST_MS)])
      const { kept, resumeFault } = await testReuse({ startWorker, toolMode, signal })
      if (kept !== undefined) log.error({ toolMode, kept }, 'processes do not forget: every turn gets a new one')
      if (resumeFault !== undefined)
        log.warn(
          { toolMode, fault: resumeFault },
          'long conversations are told message by message: transcripts do not work',
        )
      const found = { forgets: kept === undefined, resumes: resumeFault === undefined }
      if (found.forgets && found.resumes) known.set(name, found)
      return found
    } catch (error) {
      if (!stopped.signal.aborted)
        log.error({ toolMode, err: error }, 'the self-test could not be made: every turn gets a new process')
      return { forgets: false, resumes: false }
    }
  }
  return {
    isProven: (toolMode) => proofs.get(toolMode)?.forgets === true,
    isResumeProven: (toolMode) => proofs.get(toolMode)?.resumes === true,
    get state() {
      if (!wanted || [...proofs.values()].some(({ forgets }) => !forgets)) return 'off'
      return proofs.size > 0 ? 'on' : 'unproven'
    },
    prove: (toolMode) => {
      if (!wanted || asked.has(toolMode) || stopped.signal.aborted) return
      asked.add(toolMode)
      tests = tests.then(async () => void proofs.set(toolMode, await test(toolMode)))
    },
    stop: () => stopped.abort(),
    settled: () => tests,
  }
}
