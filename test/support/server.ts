/** The whole server in this process: real connections, the real binary, a scripted model. */
import OpenAI from 'openai'
import { z } from 'zod'
import { type AppDependencies, createApp } from '../../src/app.ts'
import type { SettingName } from '../../src/config.ts'
import { listen } from '../../src/http/listen.ts'
import { createLogger } from '../../src/log.ts'
import { chatChunkSchema } from '../../src/wire/chat-chunk.ts'
import { chatCompletionSchema } from '../../src/wire/chat-response.ts'
import { errorBodySchema } from '../../src/wire/error-body.ts'
import { modelListSchema, modelSchema } from '../../src/wire/models.ts'
import { createTestTools } from './tools.ts'
import { createConfiguredMcp } from './mcp.ts'
import { NOTHING_KEPT } from './idempotency.ts'
import { ANY_SESSIONS } from './sessions.ts'
import { createTestRateLimits } from './rate-limits.ts'
import { createTestLedger, NO_REPORTS, type TestLedger } from './ledger.ts'
import { ANY_STORE, createTestAuthentication } from './authentication.ts'
import { startTestEngine, type TestEngine, type TestEngineOptions } from './engine.ts'
import { createTestSchemas } from './schemas.ts'

export interface TestServer extends Omit<TestEngine, typeof Symbol.asyncDispose> {
  readonly url: string
  readonly apiKey: string
  /** The official client, without retries of its own. */
  readonly client: OpenAI
  /** For other clients: holds every answer against the response schemas; what does not fit fails isWell() and the closing. */
  readonly fetch: typeof fetch
  chat(body: Record<string, unknown>, init?: RequestInit): Promise<Response>
  readonly ledger: TestLedger
  [Symbol.asyncDispose](): Promise<void>
}

/** What a server has in place of what no test but those of it needs. */
export type ServerParts = Partial<
  Pick<AppDependencies, 'authentication' | 'ledger' | 'store' | 'usage' | 'sessions' | 'idempotencyKeys' | 'tools'>
>

export async function startTestServer(
  settings: Partial<Record<SettingName, string>> = {},
  parts: ServerParts = {},
  options: TestEngineOptions = {},
): Promise<TestServer> {
  const test = await startTestEngine(settings, options)
  const log = createLogger({ level: 'info', pretty: false, stream: { write: (line) => test.log.push(line) } })
  const shutdown = new AbortController()
  const schemas = createTestSchemas()
  const { engine, config, metrics } = test
  const authentication = createTestAuthentication(config.API_KEY)
  const ledger = createTestLedger()
  const dependencies = {
    engine,
    config,
    currentConfig: () => config,
    metrics,
    schemas,
    log,
    store: ANY_STORE,
    authentication,
    ledger,
    usage: NO_REPORTS,
    sessions: ANY_SESSIONS,
    idempotencyKeys: NOTHING_KEPT,
    ...createTestTools(config),
    mcp: createConfiguredMcp(config),
    rateLimits: createTestRateLimits(config),
  }
  const app = createApp({ ...dependencies, ...parts, version: '0.0.0', shutdown: shutdown.signal })
  const listening = await listen(app, { host: '127.0.0.1', port: 0, strictPort: true, log })
  const { url } = listening
  const violations: string[] = []
  const checkingFetch = createCheckingFetch(violations)
  const apiKey = test.config.API_KEY ?? 'any'
  const requireShape = (): void => {
    if (violations.length > 0) throw new Error(`answers out of shape: ${violations.join('; ')}`)
  }
  return {
    ...test,
    url,
    apiKey,
    ledger,
    client: new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0, fetch: checkingFetch }),
    fetch: checkingFetch,
    chat: (body, init = {}) =>
      fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
        body: JSON.stringify({ model: 'default', messages: [{ role: 'user', content: 'Hello' }], ...body }),
        ...init,
      }),
    isWell: async (turns) => {
      requireShape()
      await test.isWell(turns)
    },
    [Symbol.asyncDispose]: async () => {
      shutdown.abort()
      requireShape()
      listening.cut()
      await listening.close()
      await schemas.close()
      await test[Symbol.asyncDispose]()
    },
  }
}

/** A fetch that holds every answer against the response schemas, and notes what does not fit. */
function createCheckingFetch(violations: string[]): typeof fetch {
  const check = (schema: z.ZodType, json: string): void => {
    const { error } = schema.safeParse(JSON.parse(json))
    if (error !== undefined) violations.push(`${z.prettifyError(error)} in ${json.slice(0, 300)}`)
  }
  const checkBody = (url: string, status: number, body: string): void => {
    if (status >= 400) return check(errorBodySchema, body)
    if (url.includes('/models')) return check(z.union([modelListSchema, modelSchema]), body)
    if (!body.startsWith('data: ')) return check(chatCompletionSchema, body)
    for (const event of readEvents(body).data) {
      if (event !== '[DONE]') check(z.union([chatChunkSchema, errorBodySchema]), event)
    }
  }
  return async (input, init) => {
    const response = await fetch(input, init)
    if (response.body === null) return response
    const decoder = new TextDecoder()
    let seen = ''
    // A caller who leaves reads no whole body: then there is nothing to check.
    const checked = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        seen += decoder.decode(chunk, { stream: true })
        controller.enqueue(chunk)
      },
      flush: () => checkBody(response.url, response.status, seen),
    })
    return new Response(response.body.pipeThrough(checked), response)
  }
}

/** The events of a stream as they are on the wire: `data` without the comments, and the raw text. */
export function readEvents(raw: string): { data: string[]; comments: string[] } {
  const blocks = raw.split('\n\n').filter((block) => block !== '')
  return {
    data: blocks.filter((block) => block.startsWith('data: ')).map((block) => block.slice('data: '.length)),
    comments: blocks.filter((block) => block.startsWith(':')),
  }
}
