/** Streams side by side: every delta once and in order, and how much later than its time it comes. */
import { request } from 'node:http'
import { percentile } from './load.ts'

export interface StreamsResult {
  readonly streams: number
  /** Deltas that came, and that should have come. */
  readonly deltas: number
  readonly expected: number
  readonly outOfOrder: number
  /** Milliseconds by which the gap between two deltas was longer than the model's own. */
  readonly addedGapP50: number
  readonly addedGapP99: number
  readonly errors: number
}

export interface StreamsOptions {
  readonly url: string
  readonly streams: number
  /** Words in each answer, one a delta. */
  readonly words: number
  /** Milliseconds between two deltas of the model. */
  readonly everyMs: number
}

export async function runStreams({ url, streams, words, everyMs }: StreamsOptions): Promise<StreamsResult> {
  const results = await Promise.all(
    Array.from({ length: streams }, async () => readStream(url, words).catch(() => undefined)),
  )
  const good = results.filter((result) => result !== undefined)
  const gaps = good.flatMap(({ times }) => times.slice(1).map((time, index) => time - (times[index] ?? time) - everyMs))
  return {
    streams,
    deltas: good.reduce((sum, { times }) => sum + times.length, 0),
    expected: streams * words,
    outOfOrder: good.filter(({ text }) => !inOrder(text, words)).length,
    addedGapP50: percentile(gaps, 0.5),
    addedGapP99: percentile(gaps, 0.99),
    errors: streams - good.length,
  }
}

/** The demo model counts: who it is, then `word12 word13 …` up to the last. */
function inOrder(text: string, words: number): boolean {
  const found = [...text.matchAll(/\bword(\d+)/g)].map((match) => Number(match[1]))
  const first = found[0] ?? 0
  return text.split(' ').length === words && found.every((number, index) => number === first + index)
}

function readStream(url: string, words: number): Promise<{ times: number[]; text: string }> {
  const body = JSON.stringify({
    model: 'sonnet',
    stream: true,
    messages: [{ role: 'user', content: `demo long ${words}` }],
  })
  return new Promise((resolve, reject) => {
    const times: number[] = []
    let text = ''
    let rest = ''
    const headers = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }
    const outgoing = request(`${url}/v1/chat/completions`, { method: 'POST', headers, agent: false }, (response) => {
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const events = (rest + chunk).split('\n\n')
        rest = events.pop() ?? ''
        for (const event of events) {
          const content = /"content":"((?:[^"\\]|\\.)+)"/.exec(event)?.[1]
          if (content === undefined) continue
          times.push(performance.now())
          text += content
        }
        if (/data: \[DONE\]/.test(chunk)) resolve({ times, text })
      })
      response.on('end', () => reject(new Error('the stream ended early')))
      response.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
