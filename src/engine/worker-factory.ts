/** Starts workers: a home on disk, a way out, an environment, and the process in it. */
import { randomBytes } from 'node:crypto'
import { type Child, spawnChild } from './child.ts'
import { openClaudeCode } from './claude-code.ts'
import type { DeathWatch } from './death-watch.ts'
import type { Egress } from './egress/egress.ts'
import { childEnvironment } from './environment.ts'
import type { Environment } from '../config.ts'
import type { Login } from './login.ts'
import type { RunFolder } from './run-folder.ts'
import { Worker, type WorkerDeadlines } from './worker.ts'

/** What is fixed when a worker starts. */
export interface Profile {
  /** As Claude Code takes it; `default` leaves the choice to it. */
  readonly model: string
  readonly system: string
}

export interface WorkerFactoryOptions {
  readonly binary: string
  readonly environment: Environment
  readonly login: Login
  /** Absent where the login cannot go through it, or the operator turned it off. */
  readonly egress: Egress | undefined
  readonly runFolder: RunFolder
  readonly deathWatch: DeathWatch
  readonly deadlines: WorkerDeadlines
}

export type StartWorker = (profile: Profile) => Promise<Worker>

/** What a child sends as its key where the egress puts in the real one. */
const PLACEHOLDER_KEY = 'held-by-the-egress'

export function createWorkerFactory(options: WorkerFactoryOptions): StartWorker {
  const { binary, environment, login, egress, runFolder, deathWatch, deadlines } = options
  return async (profile) => {
    const id = randomBytes(8).toString('hex')
    const home = await runFolder.createHome(id)
    const lane = egress?.openLane()
    const access =
      lane === undefined
        ? login.env
        : { ANTHROPIC_BASE_URL: lane.baseUrl, ANTHROPIC_API_KEY: PLACEHOLDER_KEY, CLAUDE_CODE_SIMPLE: '1' }
    let child: Child | undefined
    const process = openClaudeCode({
      binary,
      model: profile.model === 'default' ? undefined : profile.model,
      systemPrompt: profile.system,
      env: childEnvironment({ environment, workerId: id, home, access, throughEgress: lane !== undefined }),
      cwd: runFolder.workingFolder,
      spawn: (spawnOptions) => {
        child = spawnChild(spawnOptions, deathWatch)
        return child.spawned
      },
    })
    if (child === undefined) throw new Error('the Agent SDK did not start a process')
    return new Worker({ id, process, child, lane, deadlines, cleanUp: () => runFolder.removeHome(home) })
  }
}
