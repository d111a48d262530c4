import { TurnFailure } from '../turn/turn-failure.ts'

/** The promise, unless the time is over or the signal aborts first. */
export async function within<T>(
  timeoutMs: number,
  signal: AbortSignal,
  promise: Promise<T>,
  onTimeout: () => TurnFailure,
): Promise<T> {
  // Nobody listens any more once the wait is cut.
  promise.catch(() => undefined)
  if (signal.aborted) throw aborted()
  let stopWaiting = (): void => undefined
  const cut = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(onTimeout()), timeoutMs)
    const onAbort = (): void => reject(aborted())
    signal.addEventListener('abort', onAbort, { once: true })
    stopWaiting = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    }
  })
  try {
    return await Promise.race([promise, cut])
  } finally {
    stopWaiting()
  }
}

function aborted(): TurnFailure {
  return new TurnFailure('aborted', 'the turn was aborted')
}
