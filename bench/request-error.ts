/** An answer that was not what was asked for. */
export class RequestError extends Error {
  readonly status: number | undefined

  constructor(status: number | undefined, text: string) {
    super(`${status}: ${text.slice(0, 200)}`)
    this.status = status
  }
}
