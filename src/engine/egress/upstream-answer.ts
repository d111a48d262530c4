/** What an error answer of the model API says. Bodies that are not the API's (a proxy's page) give no words. */
import { z } from 'zod'

const errorBody = z.object({ error: z.object({ type: z.string(), message: z.string() }) })

/** Longest wait in seconds that is believed: plan limits reset after a week. */
const LONGEST_WAIT = 31 * 86_400

export function readError(body: string): { type: string; message: string } {
  try {
    return errorBody.parse(JSON.parse(body)).error
  } catch {
    return { type: 'unknown', message: 'no error in the form of the Messages API' }
  }
}

/** `retry-after` in seconds, from its number or date form (RFC 9110, 10.2.3). */
export function readRetryAfter(
  headers: Record<string, string | string[] | undefined>,
  now: number = Date.now(),
): number | undefined {
  const value = headers['retry-after']
  if (typeof value !== 'string') return undefined
  const seconds = /^\d+(\.\d+)?$/.test(value) ? Number(value) : (Date.parse(value) - now) / 1000
  return Number.isFinite(seconds) && seconds >= 0 && seconds <= LONGEST_WAIT ? Math.ceil(seconds) : undefined
}
