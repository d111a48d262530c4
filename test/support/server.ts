/** The whole server in this process: real connections, the real binary, a scripted model. */
import OpenAI from 'openai'
import { createApp } from '../../src/app.ts'
import type { SettingName } from '../../src/config.ts'
import { listen } from '../../src/http/listen.ts'
import { createLogger } from '../../src/log.ts'
import { startTestEngine, type TestEngine } from './engine.ts'

export interface TestServer extends Omit<TestEngine, typeof Symbol.asyncDispose> {
  readonly url: string
  /** The official client, without retries of its own. */
  readonly client: OpenAI
  chat(body: Record<string, unknown>, init?: RequestInit): Promise<Response>
  [Symbol.asyncDispose](): Promise<void>
}

export async function startTestServer(settings: Partial<Record<SettingName, string>> = {}): Promise<TestServer> {
  const test = await startTestEngine(settings)
  const log = createLogger({ level: 'info', pretty: false, stream: { write: (line) => test.log.push(line) } })
  const shutdown = new AbortController()
  const { engine, config, metrics } = test
  const app = createApp({ engine, config, metrics, log, version: '0.0.0', shutdown: shutdown.signal })
  const listening = await listen(app, { host: '127.0.0.1', port: 0, strictPort: true, log })
  const { url } = listening
  const apiKey = test.config.API_KEY ?? 'any'
  return {
    ...test,
    url,
    client: new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 }),
    chat: (body, init = {}) =>
      fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
        body: JSON.stringify({ model: 'sonnet', messages: [{ role: 'user', content: 'Hello' }], ...body }),
        ...init,
      }),
    [Symbol.asyncDispose]: async () => {
      shutdown.abort()
      listening.cut()
      await listening.close()
      await test[Symbol.asyncDispose]()
    },
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
