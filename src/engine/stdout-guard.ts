/**
 * Between a child's stdout and the Agent SDK: lines pass unchanged, but a line that never ends or lines that are no
 * JSON cannot harm us (the SDK buffers a line without bound and skips garbage without end), and a reader that does not
 * keep up holds the child back instead of filling our memory. So does a child that says far more than a model could, or asks and does
 * not take our answers: a command can speak in the name of Claude Code's process, and write as fast as it likes.
 */
import { Transform, type TransformCallback } from 'node:stream'

export interface StdoutLimits {
  /** Longest line in bytes. */
  readonly maxLineBytes: number
  /** Most lines that are not JSON objects. */
  readonly maxGarbageLines: number
  /** Bytes that may come at once, and those that may follow in a second. */
  readonly burstBytes: number
  readonly bytesPerSecond: number
}

/** Resolves when the child has taken what we had to say; undefined where it has. */
export type UntilTaken = () => Promise<void> | undefined

const NEWLINE = 0x0a
const OPEN_BRACE = 0x7b

export class StdoutGuard extends Transform {
  readonly #limits: StdoutLimits
  readonly #onViolation: (reason: string) => void
  #lineBytes = 0
  #garbageLines = 0
  #violated = false
  #held = false
  #release: (() => void) | undefined
  readonly #untilTaken: UntilTaken
  #credit: number
  #creditAt = performance.now()

  /** @param onViolation called once when a limit is passed; nothing more comes through after it. */
  constructor(limits: StdoutLimits, onViolation: (reason: string) => void, untilTaken: UntilTaken = () => undefined) {
    super()
    this.#limits = limits
    this.#onViolation = onViolation
    this.#untilTaken = untilTaken
    this.#credit = limits.burstBytes
  }

  /** Lets nothing through until `resumeLines`, so that the child's pipe fills and it waits. */
  holdLines(): void {
    this.#held = true
  }

  resumeLines(): void {
    this.#held = false
    this.#release?.()
    this.#release = undefined
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#violated) {
      done()
      return
    }
    this.#inspect(chunk)
    if (this.#violated) {
      done()
      return
    }
    const pass = (): void => {
      if (this.#held) this.#release = () => done(null, chunk)
      else done(null, chunk)
    }
    const waits = [this.#untilSlow(chunk.length), this.#untilTaken()].filter((wait) => wait !== undefined)
    if (waits.length === 0) pass()
    else void Promise.all(waits).then(pass)
  }

  #untilSlow(bytes: number): Promise<void> | undefined {
    const { burstBytes, bytesPerSecond } = this.#limits
    const now = performance.now()
    const earned = ((now - this.#creditAt) / 1000) * bytesPerSecond
    this.#credit = Math.min(burstBytes, this.#credit + earned) - bytes
    this.#creditAt = now
    if (this.#credit >= 0) return undefined
    const ms = (-this.#credit / bytesPerSecond) * 1000
    return new Promise((resolve) => setTimeout(resolve, ms).unref())
  }

  #inspect(chunk: Buffer): void {
    let start = 0
    while (start < chunk.length) {
      const end = chunk.indexOf(NEWLINE, start)
      const stop = end === -1 ? chunk.length : end
      if (this.#lineBytes === 0 && stop > start && chunk[start] !== OPEN_BRACE) {
        this.#garbageLines += 1
        if (this.#garbageLines > this.#limits.maxGarbageLines) this.#violate('too many lines that are not JSON')
      }
      this.#lineBytes += stop - start
      if (this.#lineBytes > this.#limits.maxLineBytes) this.#violate('a line is too long')
      if (end === -1) return
      this.#lineBytes = 0
      start = end + 1
    }
  }

  #violate(reason: string): void {
    if (this.#violated) return
    this.#violated = true
    this.#onViolation(reason)
  }
}
