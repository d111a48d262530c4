/**
 * Processes that are spawned ahead and wait without a word: nothing is written to a spare before it is claimed, so that
 * the `initialize` request still brings its system prompt (a message sent before would start it with another one).
 * Only what a process's arguments and environment fix, the model and the tool mode, is chosen ahead.
 */
import type { Child } from './child.ts'
import type { SpawnOptions } from './claude-code.ts'
import type { Lane } from './egress/egress.ts'
import { SpareDemand } from './spare-demand.ts'
import type { Profile, ToolMode } from './profile.ts'

/** How the Agent SDK started a process of a kind: another one is started just so. */
export type SpawnTemplate = Pick<SpawnOptions, 'command' | 'args' | 'cwd' | 'env'> & { readonly toolMode: ToolMode }

/** What a process's arguments and environment fix. */
type Kind = Pick<Profile, 'model' | 'toolMode'>

function keyOf({ model, toolMode }: Kind): string {
  return `${toolMode} ${model}`
}

/** What a process has before it is started. */
export interface Place {
  readonly id: string
  readonly home: string
  readonly lane: Lane | undefined
  readonly toolMode: ToolMode
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
/** How often it is looked whether fewer would do. */
const REVIEW_MS = 60_000

export class Spares {
  readonly #options: SparesOptions
  readonly #demand = new SpareDemand()
  /** How the processes of each kind are started. */
  readonly #templates = new Map<string, SpawnTemplate>()
  readonly #waiting = new Map<string, Spare[]>()
  readonly #review: NodeJS.Timeout
  #timer: NodeJS.Timeout | undefined
  #filling: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: SparesOptions) {
    this.#options = options
    this.#review = setInterval(() => this.#fillSoon(), REVIEW_MS).unref()
  }

  get count(): number {
    return [...this.#waiting.values()].reduce((sum, spares) => sum + spares.length, 0)
  }

  /** A living spare of this kind, which is then the caller's. */
  claim(kind: Kind): Spare | undefined {
    const spares = this.#waiting.get(keyOf(kind)) ?? []
    for (let spare = spares.shift(); spare !== undefined; spare = spares.shift()) {
      if (spare.child.alive) return spare
      void this.#options.end(spare)
    }
    return undefined
  }

  /** A process of this kind was started so. Soon after there will be a spare of it. */
  noteStart(kind: Kind, { command, args, cwd, env }: SpawnOptions): void {
    const key = keyOf(kind)
    this.#templates.set(key, { command, args, ...(cwd === undefined ? {} : { cwd }), env, toolMode: kind.toolMode })
    this.#demand.noteStart(key)
    this.#fillSoon()
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#review)
    clearTimeout(this.#timer)
    await this.#filling
    await Promise.all([...this.#waiting.values()].flat().map((spare) => this.#options.end(spare)))
    this.#waiting.clear()
  }

  #fillSoon(): void {
    if (this.#options.most === 0 || this.#closed) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#filling = this.#filling.then(() => this.#fill()).catch(this.#options.onError)
    }, DELAY_MS).unref()
  }

  /** As many of each kind as are worth having, no more and no less. */
  async #fill(): Promise<void> {
    const wanted = this.#demand.wanted(this.#options.most)
    for (const [key, spares] of this.#waiting) {
      const living = spares.filter((spare) => spare.child.alive)
      const kept = living.slice(0, wanted.get(key) ?? 0)
      this.#waiting.set(key, kept)
      await Promise.all(spares.filter((spare) => !kept.includes(spare)).map((spare) => this.#options.end(spare)))
    }
    for (const [key, count] of wanted) {
      const template = this.#templates.get(key)
      if (template === undefined) continue
      for (let missing = count - this.#countOf(key); missing > 0; missing -= 1) {
        if (this.#closed) return
        const spare = await this.#options.spawn(template)
        this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), spare])
      }
    }
  }

  #countOf(key: string): number {
    return this.#waiting.get(key)?.length ?? 0
  }
}
