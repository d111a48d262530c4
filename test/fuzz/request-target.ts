/** Requests of any method, path, headers and body, to the whole app over a fake engine and a real database. */
import { METHODS } from 'node:http'
import { z } from 'zod'
import { createSessionsOn } from '../support/sessions.ts'
import { createToolsOn } from '../support/tools.ts'
import { createTestStore } from '../support/store.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { says } from '../support/fake-engine.ts'
import { errorBodySchema } from '../../src/wire/error-body.ts'
import type { Target } from './fuzzer.ts'

const requestSchema = z.object({
  method: z.string(),
  path: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.unknown(),
})

/** The log of an app grows: after so many requests comes another one. */
const REQUESTS_EACH = 1000

export function createRequestTarget(): Target {
  const subject = createTestStore()
  const sessions = createSessionsOn(subject.store)
  const tools = createToolsOn(subject.store)
  const settings = { ALLOWED_TOOLS: 'web_search', RATE_LIMIT_ENABLED: 'false' } as const
  const newApp = (): TestApp => createTestApp({ script: says('{"a":', '1}'), sessions, tools, settings })
  let app = newApp()
  let requests = 0
  return {
    name: 'request',
    async run(input) {
      const asked = requestOf(input)
      if (asked === undefined) return 'no request'
      if ((requests += 1) % REQUESTS_EACH === 0) app = newApp()
      const response = await app.request(asked.path, asked.init)
      const kind = await checkAnswer(response, asked.init.method === 'HEAD')
      const failed = app.log.findIndex(({ outcome }) => outcome === 'internal_error')
      if (failed !== -1) throw new Error(`it failed inside: ${JSON.stringify(app.log[failed])}`)
      return `${asked.init.method} ${asked.path.slice(0, 20)} ${kind}`
    },
    async close() {
      sessions.close()
      await tools.counts.close(1000)
      await subject[Symbol.asyncDispose]()
    },
  }
}

/** Undefined for what cannot be sent by this way, or what Node would not take for a request. */
function requestOf(input: Buffer): { path: string; init: RequestInit } | undefined {
  try {
    const { method, path, headers, body } = requestSchema.parse(JSON.parse(input.toString('utf8')))
    if (!METHODS.includes(method)) return undefined
    const hasBody = body !== undefined && method !== 'GET' && method !== 'HEAD'
    // A string is a body as it stands.
    const init = { method, headers, ...(hasBody && { body: typeof body === 'string' ? body : JSON.stringify(body) }) }
    const tried = new Request(new URL(path, 'http://localhost'), init)
    return tried.url.startsWith('http://localhost/') ? { path, init } : undefined
  } catch {
    return undefined
  }
}

/** @returns the answer in a word */
async function checkAnswer(response: Response, isHead: boolean): Promise<string> {
  const text = await response.text()
  if (!response.headers.has('x-request-id')) throw new Error('an answer without an id')
  if (response.headers.get('content-type')?.startsWith('text/event-stream') === true) return checkEvents(text)
  if (response.status < 400) return String(response.status)
  if (text === '' && isHead) return `HEAD ${response.status}`
  const { error } = errorBodySchema.parse(JSON.parse(text))
  if (error.code === 'internal_error') throw new Error(`status ${response.status}: ${error.message}`)
  return `${response.status} ${error.code} ${(error.param ?? '').replaceAll(/\d+/g, '0').slice(0, 40)}`
}

function checkEvents(text: string): string {
  const events = text.split('\n\n').filter((event) => event.startsWith('data: '))
  const last = events.at(-1) ?? ''
  if (last === 'data: [DONE]') return 'stream'
  const { error } = errorBodySchema.parse(JSON.parse(last.slice('data: '.length)))
  if (error.code === 'internal_error') throw new Error('a stream that failed inside')
  return `stream ${error.code}`
}
