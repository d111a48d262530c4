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

  /** @throws TurnFailure `worker_unavailable` when it is not known what is set: the process must not be used any more. */
  async change(wanted: LiveSettings): Promise<void> {
    const known = this.#known
    if (known === undefined) throw new TurnFailure('worker_unavailable', 'it is not known what is set on the process')
    this.#known = undefined
    const changes: Promise<void>[] = []
    if (wanted.effort !== known.effort || wanted.maxOutputTokens !== known.maxOutputTokens) {
      changes.push(this.#process.applyEffortAndLimit(wanted))
    }
    if (wanted.thinking !== known.thinking) changes.push(this.#process.applyThinking(wanted.thinking))
    if (changes.length > 0) await Promise.all(changes)
    this.#known = wanted
  }
}
