/**
 * Between a child's stdout and the Agent SDK: lines pass unchanged, but a line that never ends or lines that are no
 * JSON cannot harm us (the SDK buffers a line without bound and skips garbage without end), and a reader that does not
 * keep up holds the child back instead of filling our memory.
 */
import { Transform, type TransformCallback } from 'node:stream'

export interface StdoutLimits {
  /** Longest line in bytes. */
  readonly maxLineBytes: number
  /** Most lines that are not JSON objects. */
  readonly maxGarbageLines: number
}

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

  /** @param onViolation called once when a limit is passed; nothing more comes through after it. */
  constructor(limits: StdoutLimits, onViolation: (reason: string) => void) {
    super()
    this.#limits = limits
    this.#onViolation = onViolation
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
    if (this.#held) {
      this.#release = () => done(null, chunk)
      return
    }
    done(null, chunk)
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
