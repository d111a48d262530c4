/**
 * A stand-in for the Claude Code binary that does as it should until it is told to misbehave at a certain message. It
 * starts ten times as fast as the real one and really asks the scripted model.
 */
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fakeBinary } from './fake-binary.ts'

/** What a process can do instead of saying the message that it is about to say. */
export type Deed =
  | 'kill'
  | 'segv'
  | 'stop'
  | 'exit-0'
  | 'exit-1'
  /** Burns its CPU for ever. */
  | 'spin'
  /** Reads on and says nothing any more. */
  | 'hang'
  /** Leaves out this one message. */
  | 'omit'
  /** A line that is no JSON in its place. */
  | 'garbage'
  /** A line that the Agent SDK stumbles over, then the message. */
  | 'null-line'
  /** Lines that have to be borne, then the message. */
  | 'noise'
  /** More garbage than is borne, then the message. */
  | 'flood'
  /** Half of the message, then nothing. */
  | 'half-line'
  /** Half of the message, then the end, with code 0. */
  | 'half-line-exit'
  /** A line of 9 MB, then the message. */
  | 'huge-line'
  /** Lives on without a stdout. */
  | 'close-stdout'
  /** Lives on without a stdin, after the message. */
  | 'close-stdin'
  /** 5 MB on stderr, then the message. */
  | 'much-stderr'
  /** Takes 450 MB, then says the message. */
  | 'much-memory'
  /** The message with another `result` text. */
  | 'other-text'

export interface Fault {
  /**
   * The N-th message that a process says in this flow; or the `nth` of a name: a stream event's type, `assistant`,
   * `result`, `taken` (the result of a message that was not a question), or a control request's subtype. `start` is before all.
   */
  readonly at: number | string
  readonly nth?: number
  readonly deed: Deed
  /** How many processes do it, each once. Default 1: the next one is good. */
  readonly times?: number
}

export interface ScriptedChild {
  /** For `CLAUDE_CLI_PATH`. */
  readonly path: string
  /** From now on a new flow is under way, with this fault in it, or none. */
  plan(fault?: Fault): void
  /** The pids of those that misbehaved in this flow. */
  readonly culprits: readonly number[]
}

const program = fileURLToPath(new URL('scripted-child.mjs', import.meta.url))

export function createScriptedChild(): ScriptedChild {
  const version = `if [ "$1" = --version ]; then echo '2.1.330 (Claude Code)'; exit; fi`
  const binary = fakeBinary(`${version}\nexec '${process.execPath}' '${program}' "$(dirname "$0")" "$@"`)
  const folder = dirname(binary)
  let flow = 0
  const plan = (fault?: Fault): void => {
    flow += 1
    // In one step: processes read it at each message.
    writeFileSync(
      join(folder, 'plan.new'),
      JSON.stringify({ flow, fault: fault ? { nth: 1, times: 1, ...fault } : null }),
    )
    renameSync(join(folder, 'plan.new'), join(folder, 'plan.json'))
  }
  plan()
  return {
    path: binary,
    plan,
    get culprits() {
      const notes = readdirSync(folder).filter((name) => name.startsWith(`${flow}-`))
      return notes.map((name) => Number(readFileSync(join(folder, name), 'utf8')))
    },
  }
}
