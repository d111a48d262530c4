import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Egress, type Lane, startEgress } from '../../src/engine/egress/egress.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import { errorsMidStream, fails, raw, says, stalls } from '../support/scripted-model-answers.ts'

const credential = { header: 'x-api-key', value: 'the-real-key' } as const
const body = JSON.stringify({
  model: 'claude-sonnet-5-5',
  max_tokens: 100,
  stream: true,
  messages: [{ role: 'user', content: 'é🙂' }],
})

let model: ScriptedModel
let egress: Egress
let lane: Lane
beforeEach(async () => {
  model = await startScriptedModel()
  egress = await startEgress({ upstream: model.url, credential, environment: {} })
  lane = egress.openLane()
})
afterEach(async () => {
  await egress.close()
  await model.close()
})

function call(path = '/v1/messages?beta=true', init: RequestInit = {}): Promise<Response> {
  return fetch(lane.baseUrl + path, {
    method: 'POST',
    body,
    headers: { 'x-api-key': 'placeholder', 'anthropic-version': '2023-06-01' },
    ...init,
  })
}

describe('the egress', () => {
  it('leaves no listeners behind when the child reads slowly', async () => {
    const warnings: Error[] = []
    const note = (warning: Error) => warnings.push(warning)
    process.on('warning', note)
    model.script(says(Array.from({ length: 2000 }, () => 'x'.repeat(2000))))
    lane.openGate()
    expect(await (await call()).text()).toContain('message_stop')
    process.off('warning', note)
    expect(warnings).toEqual([])
  })

  it('puts the key in and changes neither the body nor the answer', async () => {
    lane.openGate()
    const answer = await (await call()).text()
    const request = model.requests[0]
    expect(request?.headers['x-api-key']).toBe('the-real-key')
    expect(request?.headers['anthropic-version']).toBe('2023-06-01')
    expect(request?.path).toBe('/v1/messages?beta=true')
    expect(request?.rawBody).toBe(body)
    expect(answer).toContain('Hello')
    expect(answer.trimEnd()).toMatch(/"message_stop"}$/)
  })

  it('lets nothing through while no turn is under way', async () => {
    expect((await call()).status).toBe(409)
    const gate = lane.openGate()
    gate.close()
    expect((await call()).status).toBe(409)
    expect(model.requests).toEqual([])
  })

  it('lets one call of a turn through and refuses the second', async () => {
    lane.openGate()
    await (await call()).text()
    expect((await call()).status).toBe(409)
    expect(model.requests).toHaveLength(1)
  })

  it.each([400, 404])('repeats a %i to whoever tries other parameters', async (status) => {
    const gate = lane.openGate()
    model.script(fails(status, { message: 'no' }))
    const answers = [await call(), await call(), await call()]
    expect(answers.map((answer) => answer.status)).toEqual([status, status, status])
    expect(new Set(await Promise.all(answers.map((answer) => answer.text()))).size).toBe(1)
    expect(model.requests).toHaveLength(1)
    expect(gate.facts).toMatchObject({ calls: 3, status, error: { message: 'no' } })
  })

  it('keeps 64 KB of a refusal, and leaves out the rest', async () => {
    const gate = lane.openGate()
    model.script(fails(400, { message: 'x'.repeat(100_000) }))
    const [first, second] = [await (await call()).text(), await (await call()).text()]
    expect([first.length, second]).toEqual([64 * 1024, first])
    expect(gate.facts).toMatchObject({ status: 400, calls: 2 })
  })

  it.each([
    ['another method', '/v1/messages', { method: 'PUT' }],
    ['another path', '/v1/complete', {}],
    ['a path that climbs', '/v1/messages/../files', {}],
    ['token counting', '/v1/messages/count_tokens', {}],
  ] as const)('has no way out for %s', async (_, path, init) => {
    lane.openGate()
    expect((await call(path, init)).status).toBe(404)
    expect(model.requests).toEqual([])
    expect(model.strays).toEqual([])
  })

  it('has no way out without the secret path, or with that of a closed lane', async () => {
    lane.openGate()
    const guess = lane.baseUrl.replace(/[^/]+$/, 'A'.repeat(32))
    expect((await fetch(`${guess}/v1/messages`, { method: 'POST', body })).status).toBe(404)
    lane.close()
    expect((await call()).status).toBe(404)
  })

  it('keeps the turns of two lanes apart', async () => {
    const other = egress.openLane()
    lane.openGate()
    expect((await fetch(`${other.baseUrl}/v1/messages`, { method: 'POST', body })).status).toBe(409)
  })

  it('sees the status, the wait and the request id of a refusal', async () => {
    const gate = lane.openGate()
    model.script(fails(429, { message: 'slow down', headers: { 'retry-after': '12', 'request-id': 'req_up' } }))
    await call()
    expect(gate.facts).toMatchObject({
      status: 429,
      retryAfterSeconds: 12,
      requestId: 'req_up',
      error: { type: 'rate_limit_error', message: 'slow down' },
    })
  })

  it('sees what a call used, also one that was broken off', async () => {
    const gate = lane.openGate()
    model.script(stalls(['Hel'], { usage: { inputTokens: 11, cacheReadTokens: 2 } }))
    const reader = (await call()).body?.getReader()
    await reader?.read()
    gate.close()
    await model.requests[0]?.closed
    expect(gate.facts).toMatchObject({
      isSent: true,
      count: { taken: { usage: { inputTokens: 13, cacheReadTokens: 2 } } },
    })
  })

  it('sees what a call used whose answer comes in one piece', async () => {
    const gate = lane.openGate()
    model.script(says('Hello', { model: 'claude-opus-4-6', usage: { inputTokens: 11, outputTokens: 7 } }))
    await (await call('/v1/messages', { body: body.replace('"stream":true', '"stream":false') })).text()
    const usage = { inputTokens: 11, outputTokens: 7 }
    expect(gate.facts.count).toMatchObject({ isPaid: true, stopReason: 'end_turn' })
    expect(gate.facts.count?.taken).toMatchObject({ model: 'claude-opus-4-6', usage, isOutputCounted: true })
  })

  it.each([
    ['breaks off', '{"type":"message","mod'],
    ['is none of the API', '{"type":"something"}'],
    ['is too long', JSON.stringify({ model: 'm', usage: { input_tokens: 1, output_tokens: 1 }, x: 'x'.repeat(4e6) })],
  ])('takes a call for paid whose answer in one piece %s', async (_, answer) => {
    const gate = lane.openGate()
    model.script(raw([answer], { headers: { 'content-type': 'application/json' } }))
    await (await call()).text()
    expect(gate.facts.count).toMatchObject({ isPaid: true, taken: { isInputCounted: false, isOutputCounted: false } })
  })

  it('sees an error in mid-stream', async () => {
    const gate = lane.openGate()
    model.script(errorsMidStream(['Hel'], 'overloaded_error'))
    await (await call()).text()
    expect(gate.facts).toMatchObject({ status: 200, error: { type: 'overloaded_error' } })
  })

  it('closes the connection to the model API when the child leaves', async () => {
    lane.openGate()
    model.script(stalls(['Hel']))
    const leaving = new AbortController()
    const response = await call('/v1/messages', { signal: leaving.signal })
    leaving.abort()
    await expect(response.text()).rejects.toThrow()
    await model.requests[0]?.closed
  })

  it('answers 502 when the model API cannot be reached', async () => {
    const unreachable = await startEgress({ upstream: 'http://127.0.0.1:9', credential, environment: {} })
    const nowhere = unreachable.openLane()
    const gate = nowhere.openGate()
    expect((await fetch(`${nowhere.baseUrl}/v1/messages`, { method: 'POST', body })).status).toBe(502)
    expect(gate.facts.connectionError).toBe('ECONNREFUSED')
    await unreachable.close()
  })

  it('keeps the path of a custom base URL', async () => {
    const prefixed = await startEgress({ upstream: `${model.url}/prefix/`, credential, environment: {} })
    const other = prefixed.openLane()
    other.openGate()
    await fetch(`${other.baseUrl}/v1/messages`, { method: 'POST', body })
    expect(model.strays).toEqual(['POST /prefix/v1/messages'])
    await prefixed.close()
  })
})

describe('a proxy that the operator names', () => {
  it('is gone through, but not for hosts that it is not for', async () => {
    const asked: (string | undefined)[] = []
    const proxy = createServer().on('connect', (request, socket) => {
      asked.push(request.url)
      const upstream = connect(model.port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
      upstream.pipe(socket).pipe(upstream)
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const { port } = proxy.address() as AddressInfo
    const environment = { HTTP_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: '127.0.0.1' }
    for (const upstream of ['http://api.model.test', model.url]) {
      const proxied = await startEgress({ upstream, credential, environment })
      const through = proxied.openLane()
      through.openGate()
      const answer = await fetch(`${through.baseUrl}/v1/messages`, { method: 'POST', body })
      expect(await answer.text()).toContain('message_stop')
      await proxied.close()
    }
    expect(asked).toEqual(['api.model.test:80'])
    proxy.closeAllConnections()
    proxy.close()
  })
})
