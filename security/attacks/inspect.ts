/** What no answer may hold, whatever was asked. */
import { z } from 'zod'
import { hold } from './attack.ts'
import type { Answer } from './wire.ts'

export interface Secret {
  readonly what: string
  readonly text: string
}

/** Words of the inside: paths, programs, errors of libraries, places in the source. */
const INTERNALS = [
  /\bat .{1,200}:\d+:\d+/,
  /node_modules|\/dist\/|file:\/\/\//,
  /\/(?:home|root|Users)\/\w/,
  /\b(?:ENOENT|EACCES|EPIPE|ECONNREFUSED|ECONNRESET|ENOTFOUND|E2BIG|ERR_[A-Z_]+|SQLITE_[A-Z]+)\b/,
  /\b(?:Zod|Type|Range|Syntax|Reference|Kysely|Libsql|Assertion)Error\b/,
  /\bUnhandled|\[object Object\]|prototype of/i,
  /api\.anthropic\.com|sk-ant-/,
]

const errorBody = z.strictObject({
  error: z.strictObject({
    message: z.string().min(1),
    type: z.string(),
    param: z.string().nullable(),
    code: z.string(),
    retry_after: z.number().optional(),
  }),
})

/** @throws Breach for an answer that tells what it must not, or is none of ours */
export function inspect(answer: Answer, asked: string, secrets: readonly Secret[]): void {
  const told = `${asked}: ${answer.status} ${answer.body.slice(0, 200)}`
  for (const { what, text } of secrets) hold(!answer.text.includes(text), `${what} is in the answer to ${told}`)
  if (answer.status === 0) return
  hold(answer.status !== 429, `a rate limit hides what would come of ${told} (start with RATE_LIMIT_ENABLED=false)`)
  hold(answer.status < 500 || answer.status === 503, `a failure of the server for ${told}`)
  hold(/^req_[0-9a-f]{32}$/.test(answer.headers.get('x-request-id') ?? ''), `no request id of ours for ${told}`)
  hold(answer.headers.get('x-content-type-options') === 'nosniff', `no nosniff for ${told}`)
  for (const name of ['server', 'x-powered-by', 'via'])
    hold(!answer.headers.has(name), `the header ${name} is in the answer to ${told}`)
  if (answer.status < 400) return
  for (const internal of INTERNALS) hold(!internal.test(answer.text), `${String(internal)} is in the answer to ${told}`)
  if (answer.body !== '' && answer.count === 1)
    hold(errorBody.safeParse(jsonOf(answer.body)).success, `an error out of shape for ${told}`)
}

export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
