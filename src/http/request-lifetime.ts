import { ApiError } from '../errors.ts'

/** One request's signal and what ends it. The first cause wins and is the signal's reason. */
export interface RequestLifetime {
  readonly signal: AbortSignal
  /** The caller is gone. */
  leave(): void
  /** Ends it for a reason of the server's. */
  cut(reason: ApiError): void
  /** `release` is called when the request is answered, or now if it is. */
  onEnd(release: () => void): void
  /** The request is answered: lets go of timer and listeners. Aborts nothing. */
  end(): void
}

export interface LifetimeCauses {
  /** Aborts when the caller's connection closes. */
  readonly connection: AbortSignal
  /** Aborts when the server ends requests that still run. */
  readonly shutdown: AbortSignal
  readonly timeoutMs: number
}

export function createRequestLifetime({ connection, shutdown, timeoutMs }: LifetimeCauses): RequestLifetime {
  const controller = new AbortController()
  const leave = (): void => controller.abort(new ApiError('client_closed_request'))
  const stop = (): void => controller.abort(new ApiError('overloaded', { message: 'This server is shutting down.' }))
  const timer = setTimeout(() => controller.abort(new ApiError('timeout')), timeoutMs)
  timer.unref()
  connection.addEventListener('abort', leave, { once: true })
  shutdown.addEventListener('abort', stop, { once: true })
  const releases: (() => void)[] = []
  let isOver = false
  if (connection.aborted) leave()
  if (shutdown.aborted) stop()

  return {
    signal: controller.signal,
    leave,
    cut: (reason) => controller.abort(reason),
    onEnd(release) {
      if (isOver) release()
      else releases.push(release)
    },
    end() {
      isOver = true
      for (const release of releases.splice(0)) release()
      clearTimeout(timer)
      connection.removeEventListener('abort', leave)
      shutdown.removeEventListener('abort', stop)
    },
  }
}
