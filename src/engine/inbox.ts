/** What a process said and nobody has read yet. One reader at a time; a wait ends by a message, the end, a deadline or an abort. */
import { TurnFailure } from '../turn/turn-failure.ts'

/** Beyond this many unread messages the process is held back until half are read. */
const MOST_UNREAD = 256

export interface Wait {
  readonly timeoutMs: number
  /** What to throw when the time is over. */
  readonly onTimeout: () => TurnFailure
  readonly signal: AbortSignal
}

export interface Flow {
  hold(): void
  resume(): void
}

export class Inbox<Message> {
  readonly #flow: Flow
  #unread: Message[] = []
  #end: TurnFailure | undefined
  #held = false
  #wake: (() => void) | undefined

  constructor(flow: Flow) {
    this.#flow = flow
  }

  put(message: Message): void {
    this.#unread.push(message)
    if (!this.#held && this.#unread.length > MOST_UNREAD) {
      this.#held = true
      this.#flow.hold()
    }
    this.#wake?.()
  }

  /** Nothing more will come; readers get `failure` once all is read. The first end counts. */
  end(failure: TurnFailure): void {
    this.#end ??= failure
    this.#wake?.()
  }

  /** Drops what is unread. */
  clear(): void {
    this.#unread = []
    this.#resume()
  }

  /** @throws TurnFailure: the end's, the deadline's, or `aborted`. */
  async take(wait: Wait): Promise<Message> {
    const ready = this.#shift()
    if (ready !== undefined) return ready
    if (wait.signal.aborted) throw aborted()
    if (this.#end !== undefined) throw this.#end
    await this.#waitForChange(wait)
    return this.take(wait)
  }

  #shift(): Message | undefined {
    const next = this.#unread.shift()
    if (this.#held && this.#unread.length <= MOST_UNREAD / 2) this.#resume()
    return next
  }

  #resume(): void {
    if (!this.#held) return
    this.#held = false
    this.#flow.resume()
  }

  #waitForChange({ timeoutMs, onTimeout, signal }: Wait): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (outcome: () => void): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
        this.#wake = undefined
        outcome()
      }
      const onAbort = (): void => settle(() => reject(aborted()))
      const timer = setTimeout(() => settle(() => reject(onTimeout())), timeoutMs)
      signal.addEventListener('abort', onAbort, { once: true })
      this.#wake = () => settle(resolve)
    })
  }
}

function aborted(): TurnFailure {
  return new TurnFailure('aborted', 'the turn was aborted')
}
