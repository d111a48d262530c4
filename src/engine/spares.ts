/**
 * Processes that are spawned ahead and wait without a word: nothing is written to a spare before it is claimed, so that
 * the `initialize` request still brings its system prompt (a message sent before would start it with another one).
 * Only what a process's arguments fix, the model, is chosen ahead.
 */
import type { Child } from './child.ts'
import type { SpawnOptions } from './claude-code.ts'
import type { Lane } from './egress/egress.ts'

/** How the Agent SDK started a process of a model: another one is started just so. */
export type SpawnTemplate = Pick<SpawnOptions, 'command' | 'args' | 'cwd' | 'env'>

/** What a process has before it is started. */
export interface Place {
  readonly id: string
  readonly home: string
  readonly lane: Lane | undefined
  readonly env: Readonly<Record<string, string>>
}

export interface Spare {
  readonly place: Place
  readonly child: Child
  readonly startedAs: SpawnTemplate
}

export interface SparesOptions {
  /** Most spares at a time; 0 for none. */
  readonly most: number
  readonly spawn: (template: SpawnTemplate) => Promise<Spare>
  readonly end: (spare: Spare) => Promise<void>
  readonly onError: (error: unknown) => void
}

/** Spawning takes half a second of a core: it waits until whoever needed a process has its first answer. */
const DELAY_MS = 1000

export class Spares {
  readonly #options: SparesOptions
  /** Models by their last use, the latest last, with how their processes are started. */
  readonly #templates = new Map<string, SpawnTemplate>()
  readonly #waiting = new Map<string, Spare>()
  #timer: NodeJS.Timeout | undefined
  #filling: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: SparesOptions) {
    this.#options = options
  }

  get count(): number {
    return this.#waiting.size
  }

  /** A living spare of this model, which is then the caller's. */
  claim(model: string): Spare | undefined {
    const spare = this.#waiting.get(model)
    this.#waiting.delete(model)
    if (spare === undefined || spare.child.alive) return spare
    void this.#options.end(spare)
    return undefined
  }

  /** A process of this model was started so. Soon after there will be a spare of it. */
  noteStart(model: string, template: SpawnTemplate): void {
    this.#templates.delete(model)
    this.#templates.set(model, template)
    if (this.#options.most === 0 || this.#closed) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#filling = this.#fill().catch(this.#options.onError)
    }, DELAY_MS).unref()
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#filling
    await Promise.all([...this.#waiting.values()].map((spare) => this.#options.end(spare)))
    this.#waiting.clear()
  }

  /** One spare for each of the models that were used last. */
  async #fill(): Promise<void> {
    const wanted = [...this.#templates].slice(-this.#options.most)
    const names = new Set(wanted.map(([model]) => model))
    for (const [model, spare] of this.#waiting) {
      if (names.has(model) && spare.child.alive) continue
      this.#waiting.delete(model)
      await this.#options.end(spare)
    }
    for (const [model, template] of wanted) {
      if (this.#closed) return
      if (this.#waiting.has(model)) continue
      this.#waiting.set(model, await this.#options.spawn(template))
    }
  }
}
