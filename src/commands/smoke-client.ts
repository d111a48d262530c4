/** A client that remembers what every answer must carry, and reads error bodies strictly. */
import { z } from 'zod'

/** OpenAI's error shape: all four keys, always. */
const ErrorBody = z.object({
  error: z.object({
    message: z.string().min(1),
    type: z.string(),
    param: z.string().nullable(),
    code: z.string().nullable(),
  }),
})

export interface SmokeClient {
  readonly key: string | undefined
  /** The `x-request-id` of every answer so far; null where there was none. */
  readonly requestIds: readonly (string | null)[]
  get(path: string, options?: { withKey?: boolean }): Promise<Response>
  /** Sends the body as it is when it is text, else as JSON. */
  post(path: string, body: unknown): Promise<Response>
}

interface SmokeClientOptions {
  readonly url: string
  readonly key: string | undefined
  readonly signal: AbortSignal
}

export function createSmokeClient({ url, key, signal }: SmokeClientOptions): SmokeClient {
  const requestIds: (string | null)[] = []
  const send = async (path: string, init: RequestInit, withKey: boolean): Promise<Response> => {
    const headers = new Headers(init.headers)
    if (withKey && key !== undefined) headers.set('authorization', `Bearer ${key}`)
    const response = await fetch(`${url}${path}`, { ...init, headers, signal, redirect: 'error' })
    requestIds.push(response.headers.get('x-request-id'))
    return response
  }
  return {
    key,
    requestIds,
    get: (path, { withKey = true } = {}) => send(path, {}, withKey),
    post: (path, body) =>
      send(
        path,
        {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: typeof body === 'string' ? body : JSON.stringify(body),
        },
        true,
      ),
  }
}

/**
 * The body of a good answer.
 * @throws with the server's own words when it is another status or another shape
 */
export async function readJson<T extends z.ZodType>(response: Response, schema: T): Promise<z.output<T>> {
  if (!response.ok) throw new Error(await describeFailure(response))
  const parsed = schema.safeParse(await response.json())
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Error(`unexpected shape at ${issue?.path.join('.') ?? '?'}: ${issue?.message ?? '?'}`)
}

/** @throws when the answer is not this failure in OpenAI's shape */
export async function expectFailure(response: Response, status: number, code: string): Promise<void> {
  const body = ErrorBody.safeParse(await response.json().catch(() => undefined))
  const found = body.success ? body.data.error.code : 'no error body in shape'
  if (response.status === status && found === code) return
  // The limit on requests comes before everything that is looked for, and its message says how long to wait.
  if (found === 'too_many_requests' && body.success)
    throw new Error(`status ${response.status}: ${body.data.error.message}`)
  throw new Error(`expected ${status} ${code}, got ${response.status} ${found ?? 'without code'}`)
}

export async function describeFailure(response: Response): Promise<string> {
  const body = ErrorBody.safeParse(await response.json().catch(() => undefined))
  if (!body.success) return `status ${response.status} without an error body in shape`
  return `status ${response.status}: ${body.data.error.message}`
}
