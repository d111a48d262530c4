/**
 * Server-sent events, one for each value (https://html.spec.whatwg.org/multipage/server-sent-events.html). The reader
 * pulls: nothing is read from the source before the last event went out, so a slow reader slows the source down.
 */

/** A reader that takes nothing for so long is gone. */
const STALL_MS = 60_000

const PING = ': ping\n\n'
const DONE = 'data: [DONE]\n\n'
const SILENCE = Symbol('silence')

export interface EventStreamOptions {
  /** Silence after which a comment goes out, in milliseconds. */
  readonly heartbeatMs: number
  readonly stallMs?: number
  /** The value of the event that reports a failure. */
  renderError(error: unknown): unknown
  /** The stream is over: after `[DONE]`, or after an event with `error`. Not called when the reader left. */
  onEnd(error?: unknown): void
  /** The reader left, or stalled. */
  onLeave(): void
}

/**
 * Waits for the first event or the first silence, so that a failure before either can still be answered with a status.
 * A later failure becomes an event, after which the stream closes without `[DONE]`.
 * @throws whatever `events` throws first
 */
export async function openEventStream(
  events: AsyncIterable<unknown>,
  { heartbeatMs, stallMs = STALL_MS, renderError, onEnd, onLeave }: EventStreamOptions,
): Promise<ReadableStream<Uint8Array>> {
  const encoder = new TextEncoder()
  const iterator = events[Symbol.asyncIterator]()
  let pending: Promise<IteratorResult<unknown>> | undefined
  let stall: NodeJS.Timeout | undefined
  let left = false

  const nextFrame = async (): Promise<string> => {
    pending ??= iterator.next()
    const next = await orSilence(pending, heartbeatMs)
    if (next === SILENCE) return PING
    pending = undefined
    return next.done === true ? DONE : frame(next.value)
  }
  const leave = (): void => {
    if (left) return
    left = true
    clearTimeout(stall)
    onLeave()
    iterator.return?.().catch(() => undefined)
  }

  let held: string | undefined = await nextFrame()
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    clearTimeout(stall)
    try {
      const text = held ?? (await nextFrame())
      held = undefined
      if (left) return
      controller.enqueue(encoder.encode(text))
      if (text !== DONE) {
        stall = setTimeout(leave, stallMs).unref()
        return
      }
      controller.close()
      onEnd()
    } catch (error) {
      if (left) return
      controller.enqueue(encoder.encode(frame(renderError(error))))
      controller.close()
      onEnd(error)
    }
  }
  return new ReadableStream({ pull, cancel: leave }, { highWaterMark: 0 })
}

/** JSON has no raw line break, so one `data` line holds any value. */
function frame(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

function orSilence<T>(promise: Promise<T>, ms: number): Promise<T | typeof SILENCE> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(SILENCE), ms)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
