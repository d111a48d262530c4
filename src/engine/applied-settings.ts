import { TurnFailure } from '../turn/turn-failure.ts'
import type { ClaudeCode, LiveSettings } from './claude-code.ts'
import { BASELINE } from './turn-settings.ts'

/** What is set on a process. Only differences are sent: each control request costs it 6-12 ms. */
export class AppliedSettings {
  readonly #process: ClaudeCode
  /** Unknown once a change was begun and not seen to the end. */
  #known: LiveSettings | undefined = BASELINE

  constructor(process: ClaudeCode) {
    this.#process = process
  }

  /** The baseline, but for functions: the next turn mostly brings the same, and one that does not takes them away. */
  get baseline(): LiveSettings {
    if (this.#known === undefined) return BASELINE
    const { functions, extraBody } = this.#known
    return { ...BASELINE, functions, extraBody }
  }

  /** @throws TurnFailure `worker_unavailable` when it is not known what is set: the process must not be used any more. */
  async change(wanted: LiveSettings): Promise<void> {
    const known = this.#known
    if (known === undefined) throw new TurnFailure('worker_unavailable', 'it is not known what is set on the process')
    this.#known = undefined
    if (!isSameList(wanted.functions, known.functions)) await this.#process.applyFunctions(wanted.functions)
    if (
      wanted.effort !== known.effort ||
      wanted.maxOutputTokens !== known.maxOutputTokens ||
      wanted.extraBody !== known.extraBody
    ) {
      await this.#process.applyFlags(wanted)
    }
    // After the limit: set at the same time, a budget can be lost to it.
    if (wanted.thinking !== known.thinking) await this.#process.applyThinking(wanted.thinking)
    this.#known = wanted
  }
}

function isSameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index])
}
