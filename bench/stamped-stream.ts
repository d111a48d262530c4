/** Reads an answer of the clock model: every delta with its stamps and the time at which it came. */
import { request } from 'node:http'
import { clockQuestion } from './clock-model.ts'
import { sharedNow } from './clock.ts'

export interface StampedDelta {
  readonly number: number
  /** When the model sent it. */
  readonly sentAt: number
  /** All stamps after its number: the model's, then those of whoever passed it on. */
  readonly stamps: readonly number[]
  readonly cameAt: number
}

export interface StampedStream {
  /** When the request was sent. */
  readonly askedAt: number
  readonly deltas: readonly StampedDelta[]
}

export interface StampedStreamOptions {
  readonly url: string
  readonly deltas: number
  readonly everyMs: number
  /** Where the server needs one. */
  readonly key?: string
}

/** Rejects when the stream does not end with `[DONE]`. */
export function readStampedStream({ url, deltas, everyMs, key = 'any' }: StampedStreamOptions): Promise<StampedStream> {
  const messages = [{ role: 'user', content: clockQuestion(deltas, everyMs) }]
  const body = JSON.stringify({ model: 'sonnet', stream: true, messages })
  return new Promise((resolve, reject) => {
    const found: StampedDelta[] = []
    let rest = ''
    const length = String(Buffer.byteLength(body))
    const headers = { 'content-type': 'application/json', 'content-length': length, authorization: `Bearer ${key}` }
    const askedAt = sharedNow()
    const outgoing = request(`${url}/v1/chat/completions`, { method: 'POST', headers, agent: false }, (response) => {
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const cameAt = sharedNow()
        const events = (rest + chunk).split('\n\n')
        rest = events.pop() ?? ''
        for (const event of events) {
          found.push(...stampsIn(event).map((stamped) => ({ ...stamped, cameAt })))
          if (event === 'data: [DONE]') resolve({ askedAt, deltas: found })
        }
      })
      response.on('end', () => reject(new Error(`the stream ended early, with status ${response.statusCode}`)))
      response.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function stampsIn(event: string): Omit<StampedDelta, 'cameAt'>[] {
  return [...event.matchAll(/(\d+)((?:@[\d.]+)+)/g)].map((match) => {
    const stamps = (match[2] ?? '').slice(1).split('@').map(Number)
    return { number: Number(match[1]), sentAt: stamps[0] ?? Number.NaN, stamps }
  })
}
