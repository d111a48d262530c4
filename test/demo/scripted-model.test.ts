/** The tests lean on the scripted model: it is held to its own words here. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import {
  cuts,
  cutsBeforeStream,
  drips,
  errorsMidStream,
  fails,
  gated,
  raw,
  says,
  stalls,
  stallsBeforeHeaders,
} from '../support/scripted-model-answers.ts'
import { ask, askStreaming, post, readEvents, requestBody, textOf } from './messages-client.ts'
import { foldMessage } from '../../src/demo/fold-message.ts'

let model: ScriptedModel
beforeEach(async () => {
  model = await startScriptedModel()
})
afterEach(() => model.close())

const streaming = requestBody({ stream: true })

/** Reads a stream up to where it breaks. */
async function readUntilBroken(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let read = ''
  try {
    for await (const chunk of response.body ?? []) read += decoder.decode(chunk, { stream: true })
  } catch {
    return read
  }
  throw new Error('the stream did not break')
}

describe('what is asked', () => {
  it('each call takes the next answer, then the usual one', async () => {
    model.script(says('one'), says('two'))
    model.otherwise(says('usual'))
    const texts = [await ask(model.url), await ask(model.url), await ask(model.url)].map(({ text }) => text)
    expect(texts).toEqual(['one', 'two', 'usual'])
  })

  it('calls are recorded with headers and body', async () => {
    await ask(model.url, { system: 'Be brief.' })
    const [request] = model.requests
    expect(request).toMatchObject({
      number: 1,
      method: 'POST',
      path: '/v1/messages?beta=true',
      body: { system: 'Be brief.' },
      problem: undefined,
    })
    expect(request?.headers['x-api-key']).toBe('any')
    expect(request?.parsed?.system).toBe('Be brief.')
  })

  it('other requests are recorded apart', async () => {
    await fetch(model.url, { method: 'HEAD' })
    expect(model.strays).toEqual(['HEAD /'])
    expect(model.requests).toEqual([])
  })

  it('nextRequest hands out each call once, early or late', async () => {
    const early = model.nextRequest()
    await ask(model.url)
    await ask(model.url)
    const late = model.nextRequest()
    expect([(await early).number, (await late).number]).toEqual([1, 2])
  })

  it("a call that breaks a rule gets the API's refusal and takes no answer", async () => {
    model.script(says('one'))
    expect((await post(model.url, requestBody({ messages: [] }))).status).toBe(400)
    expect(model.requests[0]?.problem?.message).toContain('messages')
    expect((await ask(model.url)).text).toBe('one')
  })

  it('without strictness any call gets an answer', async () => {
    const lenient = await startScriptedModel({ strict: false })
    expect((await post(lenient.url, requestBody({ model: 'gpt-4o' }))).status).toBe(200)
    await lenient.close()
  })

  it('knows when the caller has left', async () => {
    model.script(stalls('one'))
    const caller = new AbortController()
    await post(model.url, streaming, caller.signal)
    const request = await model.nextRequest()
    expect(request.closedAt).toBeUndefined()
    caller.abort()
    await request.closed
    expect(request.closedAt).toBeGreaterThan(0)
    expect(request.finished).toBe(false)
  })

  it('knows when all has been sent', async () => {
    await ask(model.url)
    const request = await model.nextRequest()
    await request.closed
    expect(request.finished).toBe(true)
  })
})

describe('what is answered', () => {
  it('says: the very deltas, thinking, calls, reason and usage', async () => {
    const calls = [{ id: 'toolu_1', name: 'get_time', input: { zone: 'UTC' } }]
    model.script(
      says(['He', 'llo'], { thinking: 'Hm.', calls, usage: { cacheReadTokens: 7 }, model: 'claude-haiku-5-5' }),
    )
    const events = await askStreaming(model.url)
    const texts = events.flatMap((event) =>
      event.type === 'content_block_delta' && event.delta.type === 'text_delta' ? [event.delta.text] : [],
    )
    expect(texts).toEqual(['He', 'llo'])
    expect(foldMessage(events)).toMatchObject({
      model: 'claude-haiku-5-5',
      content: [
        { type: 'thinking', thinking: 'Hm.' },
        { type: 'text', text: 'Hello' },
        { type: 'tool_use', ...calls[0] },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 10, cache_read_input_tokens: 7, output_tokens: 2 },
    })
  })

  it('fails: status, type, message and headers', async () => {
    model.script(fails(429, { message: 'slow down', headers: { 'retry-after': '7' } }))
    const response = await post(model.url, streaming)
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7'])
    expect(await response.json()).toMatchObject({ error: { type: 'rate_limit_error', message: 'slow down' } })
  })

  it('cuts: the deltas arrive, then the connection breaks', async () => {
    model.script(cuts(['one', ' two']))
    const events = readEvents(await readUntilBroken(await post(model.url, streaming)))
    expect(textOf(foldMessage(events))).toBe('one two')
    expect(events.at(-1)?.type).toBe('content_block_delta')
  })

  it('cutsBeforeStream: the connection breaks without an answer', async () => {
    model.script(cutsBeforeStream())
    await expect(post(model.url, streaming)).rejects.toThrow('fetch failed')
  })

  it('errorsMidStream: the deltas, then an error event', async () => {
    model.script(errorsMidStream(['one'], 'api_error'))
    const stream = await (await post(model.url, streaming)).text()
    expect(stream).toContain('"text":"one"')
    expect(stream).toMatch(/event: error\ndata: \{"type":"error","error":\{"type":"api_error",.*\}\n\n$/)
  })

  it('stallsBeforeHeaders: nothing, until the caller leaves', async () => {
    model.script(stallsBeforeHeaders())
    const caller = new AbortController()
    const asked = post(model.url, streaming, caller.signal)
    const request = await model.nextRequest()
    caller.abort()
    await expect(asked).rejects.toThrow('aborted')
    await request.closed
  })

  it('gated: each delta waits for its release, and after the last one the stream ends', async () => {
    const gate = gated(['one', ' two'])
    model.script(gate)
    const response = await post(model.url, streaming)
    const reader = response.body?.getReader()
    const decoder = new TextDecoder()
    let stream = ''
    const readUntil = async (part: string): Promise<void> => {
      while (!stream.includes(part)) stream += decoder.decode((await reader?.read())?.value)
    }
    await readUntil('ping')
    expect(stream).not.toContain('text_delta')
    gate.release()
    await readUntil('"text":"one"')
    expect(stream).not.toContain('two')
    gate.release()
    await readUntil('message_stop')
  })

  it('gated: releases may come ahead', async () => {
    const gate = gated(['one', ' two'])
    gate.release(2)
    model.script(gate)
    expect((await ask(model.url)).text).toBe('one two')
  })

  it('drips: the whole answer, slowly', async () => {
    model.script(drips(['one', ' two'], 1))
    expect(textOf(foldMessage(await askStreaming(model.url)))).toBe('one two')
  })

  it('raw: the very bytes', async () => {
    model.script(raw(['<html>', 'Bad gateway</html>'], { status: 502, headers: { 'content-type': 'text/html' } }))
    const response = await post(model.url, streaming)
    expect([response.status, await response.text()]).toEqual([502, '<html>Bad gateway</html>'])
  })
})
