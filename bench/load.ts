/** Sends streaming requests, a bounded number at a time, and times them at the caller. */
import { request } from 'node:http'
import { RequestError } from './request-error.ts'

export interface Target {
  /** Where to POST. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Recognises the first piece of text in what has come so far. */
  readonly firstToken: RegExp
  /** Recognises a whole answer. */
  readonly complete: RegExp
}

export interface Sample {
  readonly firstTokenMs: number
  readonly totalMs: number
  /** The answer, of a chat completion. */
  readonly text: string
}

export interface LoadResult {
  readonly samples: readonly Sample[]
  readonly errors: number
  readonly seconds: number
}

/** Sends `count` requests, `atOnce` at a time. */
export async function runLoad(send: () => Promise<Sample>, count: number, atOnce: number): Promise<LoadResult> {
  const samples: Sample[] = []
  let errors = 0
  let left = count
  const began = performance.now()
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      try {
        samples.push(await send())
      } catch {
        errors += 1
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return { samples, errors, seconds: (performance.now() - began) / 1000 }
}

/** One streaming request from sending to the last byte. Rejects when the answer is not whole. */
export function sendStreaming(target: Target): Promise<Sample> {
  return new Promise((resolve, reject) => {
    const began = performance.now()
    let firstTokenMs: number | undefined
    let text = ''
    const headers = {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(target.body)),
      ...target.headers,
    }
    const outgoing = request(target.url, { method: 'POST', headers, agent: false }, (response) => {
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        if (firstTokenMs === undefined && target.firstToken.test(text)) firstTokenMs = performance.now() - began
      })
      response.on('end', () => {
        if (firstTokenMs === undefined || !target.complete.test(text))
          reject(new RequestError(response.statusCode, text))
        else resolve({ firstTokenMs, totalMs: performance.now() - began, text: textOf(text) })
      })
      response.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end(target.body)
  })
}

/** The value below which `share` of the values lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** The deltas of a chat completion's stream, joined. */
function textOf(stream: string): string {
  const contents = [...stream.matchAll(/"content":("(?:[^"\\]|\\.)*")/g)].map((match): string =>
    JSON.parse(match[1] ?? '""'),
  )
  return contents.join('')
}
