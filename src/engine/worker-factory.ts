/** Starts workers: a home on disk, a way out, an environment, and the process in it; or a spare that has all that. */
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Conversation } from '../turn/turn.ts'
import { type Child, spawnChild } from './child.ts'
import { openClaudeCode, type SpawnOptions } from './claude-code.ts'
import type { DeathWatch } from './death-watch.ts'
import { isBestResumed, isWorthTranscript } from './history.ts'
import type { Beginning } from './memory.ts'
import { createPlaces, type PlaceOptions } from './places.ts'
import type { Profile } from './profile.ts'
import { type Spare, Spares } from './spares.ts'
import { toTranscript } from './transcript.ts'
import { Worker, type WorkerDeadlines } from './worker.ts'

export interface WorkerFactoryOptions extends PlaceOptions {
  readonly binary: string
  readonly deathWatch: DeathWatch
  readonly deadlines: () => WorkerDeadlines
  /** Processes to keep spawned ahead. */
  readonly spares: number
  readonly onSpareError: (error: unknown) => void
}

/** Messages from the beginning of a conversation up to an answer, or all of them; and their digests. */
export interface Earlier {
  readonly conversation: Conversation
  readonly chain: readonly string[]
  /** Where it cannot be told otherwise. */
  readonly isNeeded?: boolean
}

/**
 * Starts a worker, which is not ready yet.
 * @param earlier what it had better hold from the beginning; a worker that holds nothing comes back where that is no gain
 */
export type StartWorker = (profile: Profile, earlier?: Earlier) => Promise<Worker>

export interface WorkerFactory {
  readonly start: StartWorker
  /** Processes that wait to be claimed. */
  readonly spares: number
  close(): Promise<void>
}

export function createWorkerFactory(options: WorkerFactoryOptions): WorkerFactory {
  const { binary, deathWatch, deadlines, runFolder } = options
  const { make: makePlace, leave: leavePlace, removeHome } = createPlaces(options)
  const spares = new Spares({
    most: options.spares,
    spawn: async (startedAs) => {
      const place = await makePlace(startedAs.toolMode)
      // What the Agent SDK added to the environment is the same for all, and what is ours is this one's.
      const env = { ...startedAs.env, ...place.env }
      try {
        return { place, startedAs, child: spawnChild({ ...startedAs, env }, deathWatch) }
      } catch (error) {
        await leavePlace(place)
        throw error
      }
    },
    end: async ({ place, child }) => {
      await child.end()
      await leavePlace(place)
    },
    onError: options.onSpareError,
  })

  const start: StartWorker = async (profile, earlier) => {
    const spare = mustResume(earlier) ? undefined : spares.claim(profile)
    const { id, home, lane, env } = spare?.place ?? (await makePlace(profile.toolMode))
    let child: Child | undefined
    try {
      const told = spare === undefined ? await tell(home, profile, earlier) : undefined
      const process = openClaudeCode({
        binary,
        model: profile.model === 'default' ? undefined : profile.model,
        systemPrompt: profile.system,
        transcript: told?.path,
        env,
        cwd: runFolder.workingFolder,
        spawn: (asked) => {
          if (told === undefined) spares.noteStart(profile, asked)
          child = takeSpare(spare, asked) ?? spawnChild(asked, deathWatch)
          return child.spawned
        },
      })
      if (child === undefined) throw new Error('the Agent SDK did not start a process')
      // It has been read by then, and callers' words are not to lie on the disk.
      if (told !== undefined)
        void process.introduction.then(() => rm(told.path, { force: true })).catch(() => undefined)
      const fromSpare = child === spare?.child
      const cleanUp = (): Promise<void> => removeHome(home)
      return new Worker({ id, process, child, fromSpare, beginning: told?.beginning, lane, deadlines, cleanUp })
    } catch (error) {
      // Out of file descriptors, for one: there is no worker that would give these back.
      await (child ?? spare?.child)?.end()
      await leavePlace({ lane, home })
      throw error
    }
  }

  return {
    start,
    get spares() {
      return spares.count
    },
    close: () => spares.close(),
  }
}

function mustResume(earlier: Earlier | undefined): boolean {
  return earlier !== undefined && (earlier.isNeeded === true || isBestResumed(earlier.chain.length))
}

/** Undefined where the process had better be told message by message. */
async function tell(home: string, profile: Profile, earlier: Earlier | undefined): Promise<Told | undefined> {
  if (earlier === undefined || !(mustResume(earlier) || isWorthTranscript(earlier.chain.length))) return undefined
  return writeTranscript(home, profile, earlier)
}

interface Told {
  readonly path: string
  readonly beginning: Beginning
}

async function writeTranscript(home: string, { model }: Profile, { conversation, chain }: Earlier): Promise<Told> {
  const { lines, firstUser, lastUser } = toTranscript(conversation, model)
  const path = join(home, 'conversation.jsonl')
  await writeFile(path, lines, { mode: 0o600 })
  return { path, beginning: { firstUser, lastUser, chain } }
}

/** A spare is what was asked for only when it was started in the very same way. */
function takeSpare(spare: Spare | undefined, asked: SpawnOptions): Child | undefined {
  if (spare === undefined) return undefined
  const { command, args, cwd } = spare.startedAs
  if (command === asked.command && cwd === asked.cwd && isDeepStrictEqual(args, asked.args)) return spare.child
  // One started beside it, with the same mark, would be swept with it.
  throw new Error('the spare was started in another way')
}
