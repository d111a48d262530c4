/** What the egress lets through of a turn with tools, whose commands can make calls too. */
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { Agent, type IncomingMessage, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CallCount } from '../../src/engine/call-count.ts'
import { type Egress, type Lane, startEgress } from '../../src/engine/egress/egress.ts'
import { createCallInspector } from '../../src/engine/egress/inspect-call.ts'
import type { ToolGateOptions } from '../../src/engine/egress/tool-gate.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import { gated, says } from '../support/scripted-model-answers.ts'

const credential = { header: 'x-api-key', value: 'the-real-key' } as const
const PIXEL = { type: 'image', source: { type: 'url', url: 'https://images.test/a.png' } }
const TOOL = { name: 'Bash', input_schema: { type: 'object' } }
const ITS_OWN = {
  model: 'claude-sonnet-5-5',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }, PIXEL] }],
  system: [{ type: 'text', text: 'You are' }],
  tools: [TOOL],
  max_tokens: 100,
  context_management: { edits: [] },
  stream: true,
}

let model: ScriptedModel
let egress: Egress
let lane: Lane
beforeEach(async () => {
  model = await startScriptedModel({ strict: false })
  egress = await startEgress({ upstream: model.url, credential, environment: {} })
  lane = egress.openLane()
})
afterEach(async () => {
  await egress.close()
  await model.close()
})

const gate = (given: Partial<ToolGateOptions> = {}) =>
  lane.openGate({ mostCalls: 10, isToolAtWork: () => true, ...given })

const send = (body: object | string): Promise<Response> =>
  fetch(`${lane.baseUrl}/v1/messages?beta=true`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'anthropic-version': '2023-06-01' },
  })

const said = (...content: object[]) => ({ messages: [{ role: 'user', content }] })

describe('a call of a command', () => {
  const inspect = createCallInspector({ otherModels: ['claude-haiku-4-5'], maySearch: false })
  inspect(JSON.stringify(ITS_OWN))

  it.each([
    ['another model', { model: 'claude-opus-5-5' }, /another model/],
    ['a longer answer', { max_tokens: 101 }, /longer/],
    ['no stream, which nobody counts', { stream: false }, /not a streaming call/],
    [
      'a server of tools that the model API would ask',
      { mcp_servers: [{ type: 'url', url: 'https://a.test' }] },
      /field/,
    ],
    ['a container', { container: 'c' }, /field/],
    ['a field that is yet to come', { fallbacks: [] }, /field/],
    ['a page that the model API would fetch', { tools: [{ type: 'web_fetch_20250910', name: 'web_fetch' }] }, /tool/],
    ['a search of the web', { tools: [TOOL, { type: 'web_search_20250305', name: 'web_search' }] }, /tool/],
    ['code that the model API would run', { tools: [{ type: 'code_execution_20250825', name: 'code' }] }, /tool/],
    ['an image elsewhere', said({ type: 'image', source: { type: 'url', url: 'https://a.test/?secret' } }), /address/],
    ['a file', said({ type: 'document', source: { type: 'file', file_id: 'f' } }), /address/],
    [
      'an image elsewhere in the result of a tool',
      said({
        type: 'tool_result',
        tool_use_id: 't',
        content: [{ ...PIXEL, source: { type: 'url', url: 'https://b.test' } }],
      }),
      /address/,
    ],
    [
      'an image elsewhere in a document',
      said({
        type: 'document',
        source: { type: 'content', content: [{ ...PIXEL, source: { type: 'url', url: 'https://b.test' } }] },
      }),
      /address/,
    ],
    ['a block that does something', said({ type: 'container_upload', file_id: 'f' }), /block/],
    ['blocks of which one is none', said({ type: 'tool_result', content: ['x', PIXEL] }), /not a streaming call/],
  ])('for %s is refused', (_, change, why) => {
    expect(inspect(JSON.stringify({ ...ITS_OWN, ...change }))).toMatch(why)
  })

  it.each([
    ['names a field twice', JSON.stringify(ITS_OWN).replace('{', '{"model":"claude-opus-5-5",')],
    ['spells a name in another way', JSON.stringify(ITS_OWN).replace('"model"', String.raw`"mod\u0065l"`)],
    ['is nested beyond reason', `{"model":"x","messages":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['is no JSON', 'model=x'],
    ['is a list', '[]'],
  ])('that %s is refused', (_, body) => {
    expect(inspect(body)).toMatch(/not a streaming call/)
  })

  it.each([
    [
      'more messages',
      said({ type: 'text', text: 'a' }, PIXEL, { type: 'tool_use', id: 't', name: 'Bash', input: PIXEL }),
    ],
    ['other functions', { tools: [TOOL, { type: 'custom', name: 'other', input_schema: { type: 'object' } }] }],
    ['an image as it is', said({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } })],
    ['the small model', { model: 'claude-haiku-4-5', max_tokens: 200 }],
    ['less', { system: 'x', tools: [], temperature: 1 }],
  ])('with %s passes, as one of Claude Code’s would', (_, change) => {
    expect(inspect(JSON.stringify({ ...ITS_OWN, ...change }))).toBeUndefined()
  })

  it('may search the web where the turn may', () => {
    const may = createCallInspector({ otherModels: [], maySearch: true })
    may(JSON.stringify(ITS_OWN))
    const search = { name: 'web_search', type: 'web_search_20250305', max_uses: 8 }
    expect(may(JSON.stringify({ ...ITS_OWN, tools: [search] }))).toBeUndefined()
    expect(may(JSON.stringify({ ...ITS_OWN, tools: [{ type: 'web_fetch_20250910', name: 'f' }] }))).toMatch(/tool/)
  })

  it('goes out as it came, or not at all; after three that were odd none does', async () => {
    const onOdd = vi.fn<(why: string) => void>()
    gate({ inspect: createCallInspector({ otherModels: [], maySearch: false }), onOdd })
    const texts: string[] = []
    for (const change of [
      {},
      { model: 'other' },
      { metadata: { user_id: 'é🙂' } },
      { stream: false },
      { fast: true },
      {},
    ]) {
      texts.push(await (await send({ ...ITS_OWN, ...change })).text())
    }
    expect(model.requests.map(({ rawBody }) => rawBody)).toEqual([
      JSON.stringify(ITS_OWN),
      JSON.stringify({ ...ITS_OWN, metadata: { user_id: 'é🙂' } }),
    ])
    expect(onOdd).toHaveBeenCalledTimes(3)
    expect(texts.at(-1)).toContain('The turn is over')
  })

  it('longer than the model API takes is refused', async () => {
    gate({ inspect: createCallInspector({ otherModels: [], maySearch: false }) })
    expect((await send({ ...ITS_OWN, system: 'x'.repeat(33_600_000) })).status).toBe(409)
    expect(model.requests).toEqual([])
  })
})

describe('calls at the same time', () => {
  it('go out one after the other under a limit, which hears what each took', async () => {
    const heard: (readonly number[])[] = []
    const mayGoOn = (counts: readonly CallCount[]): Promise<boolean> => {
      heard.push(counts.map(({ taken }) => taken.usage.outputTokens))
      return Promise.resolve(heard.length < 3)
    }
    gate({ mayGoOn })
    model.otherwise(says('Hello', { usage: { outputTokens: 7 } }))
    const answers = await Promise.all(Array.from({ length: 8 }, () => send(ITS_OWN).then((answer) => answer.text())))
    expect(heard.slice(0, 3)).toEqual([[7], [7, 7], [7, 7, 7]])
    expect(model.requests).toHaveLength(3)
    expect(answers.filter((text) => text.includes('The budget is used up'))).toHaveLength(5)
  })

  it('are four at most without one', async () => {
    const slow = gated(['a'])
    model.otherwise(slow)
    gate()
    const answers = Array.from({ length: 6 }, () => send(ITS_OWN).then((answer) => answer.text()))
    for (let call = 1; call <= 6; call += 1) {
      await model.nextRequest()
      expect(model.requests).toHaveLength(call)
      if (call >= 4) slow.release()
    }
    slow.release(3)
    await Promise.all(answers)
  })
})

describe('the socket of a process that has no network', () => {
  let folder = ''
  let socketPath = ''
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dragoman-'))
    socketPath = await lane.socket(folder)
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  afterAll(() => agent.destroy())
  const status = async (path: string): Promise<number | string> => {
    const request = httpRequest({ socketPath, path, method: 'POST', agent })
    const answered = once(request, 'response')
    request.end(JSON.stringify(ITS_OWN))
    try {
      const [response]: IncomingMessage[] = await answered
      response?.resume()
      return response?.statusCode ?? 0
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : 'failed'
    }
  }
  const pathOf = ({ baseUrl }: Lane): string => `${new URL(baseUrl).pathname}/v1/messages`

  it('leads to its own way out alone', async () => {
    const other = egress.openLane()
    for (const each of [lane, other]) each.openGate()
    expect(await status(pathOf(other))).toBe(404)
    expect(await status(pathOf(lane))).toBe(200)
  })

  it('takes no more than 32 connections at a time', async () => {
    const all = Array.from({ length: 40 }, () => connect(socketPath))
    const left = new Set(all)
    for (const each of all) each.once('close', () => left.delete(each)).on('error', () => undefined)
    await vi.waitUntil(() => left.size <= 32)
    expect(left.size).toBe(32)
    for (const each of all) each.destroy()
  })

  it('hears nobody any more who has asked without end', async () => {
    const seen = new Set<number | string>()
    for (let n = 0; n < 10_200; n += 200) {
      for (const each of await Promise.all(Array.from({ length: 200 }, () => status('/')))) seen.add(each)
    }
    expect(seen).toContain(404)
    expect(await status('/')).toMatch(/ECONNREFUSED|ENOENT/)
  })

  it('is gone with its process', async () => {
    const long = join(folder, 'x'.repeat(90))
    mkdirSync(long)
    const other = egress.openLane()
    const elsewhere = await other.socket(long)
    expect(dirname(elsewhere)).not.toBe(long)
    for (const each of [lane, other]) each.close()
    await vi.waitUntil(() => !existsSync(socketPath) && !existsSync(dirname(elsewhere)))
  })
})
