/** What the Messages API answers instead of a message: https://platform.claude.com/docs/en/api/errors */
export interface ApiProblem {
  readonly status: number
  readonly type: string
  readonly message: string
}

const TYPES = new Map([
  [400, 'invalid_request_error'],
  [401, 'authentication_error'],
  [402, 'billing_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [500, 'api_error'],
  [504, 'timeout_error'],
  [529, 'overloaded_error'],
])

/** The API's name for the errors of a status. */
export function problemType(status: number): string {
  return TYPES.get(status) ?? (status < 500 ? 'invalid_request_error' : 'api_error')
}

export function problem(status: number, message: string): ApiProblem {
  return { status, type: problemType(status), message }
}

/** The commonest one: the request breaks a rule. */
export function invalid(message: string): ApiProblem {
  return problem(400, message)
}

/** The body on the wire, in a reply as in a stream's `error` event. */
export function problemBody({ type, message }: Pick<ApiProblem, 'type' | 'message'>, requestId: string) {
  return { type: 'error', error: { type, message }, request_id: requestId } as const
}
