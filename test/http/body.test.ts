import { describe, expect, test } from 'vitest'
import { readJsonBody } from '../../src/http/body.ts'
import { chat, createTestApp, errorOf } from '../support/app.ts'

const NEVER = new AbortController().signal

function post(body: string | Uint8Array | ReadableStream, headers: Record<string, string> = {}): Request {
  const init: RequestInit = {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
    duplex: 'half',
  }
  return new Request('http://localhost/', init)
}

const read = (request: Request, maxBytes = 1_000_000) => readJsonBody(request, { maxBytes, signal: NEVER })

function inPieces(...pieces: Uint8Array[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(pieces)
}

describe('content type', () => {
  test.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON ;charset="UTF-8"'])(
    '%s is taken',
    async (type) => {
      expect(await read(post('{"a":1}', { 'content-type': type }))).toEqual({ a: 1 })
    },
  )

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/vnd.api+json', 'application/jsonp', ''])(
    '%j is refused, as a web page can send it unasked',
    async (type) => {
      await expect(read(post('{}', { 'content-type': type }))).rejects.toMatchObject({
        code: 'unsupported_content_type',
      })
    },
  )

  test('a compressed body is refused', async () => {
    await expect(read(post('{}', { 'content-encoding': 'gzip' }))).rejects.toMatchObject({
      code: 'unsupported_content_type',
    })
  })
})

describe('a body that takes long to parse', () => {
  test.each([
    ['lets others have their turn before it is looked at', 1_000_000, true],
    ['and a shorter one does not wait for them', 10_000, false],
  ])('%s', async (_, length, expected) => {
    let others = false
    const request = post(inPieces(new TextEncoder().encode(`{"user":"${'x'.repeat(length)}"}`)))
    setImmediate(() => (others = true))
    await read(request, 2_000_000)
    expect(others).toBe(expected)
  })
})

describe('size', () => {
  test('a declared length above the limit is refused before anything is read', async () => {
    let pulled = 0
    const body = new ReadableStream({ pull: () => void (pulled += 1) }, { highWaterMark: 0 })
    await expect(read(post(body, { 'content-length': '101' }), 100)).rejects.toMatchObject({
      code: 'request_too_large',
    })
    expect(pulled).toBe(0)
  })

  test('a body of undeclared length is counted while it arrives', async () => {
    const piece = new TextEncoder().encode(' '.repeat(60))
    await expect(read(post(inPieces(piece, piece)), 100)).rejects.toMatchObject({ code: 'request_too_large' })
  })

  test.each([
    ['5,000 chunks of a byte', 'read', 1, 5000],
    ['5,001 chunks of a byte', 'refused', 1, 5001],
    ['10,000 chunks of some bytes', 'read', 70, 10_000],
  ])('of %s is %s', async (_, fate, bytes, count) => {
    const piece = new TextEncoder().encode(' '.repeat(bytes))
    // The last one is longer.
    const pieces = Array.from({ length: count - 1 }, () => piece)
    const reading = read(post(inPieces(...pieces, new TextEncoder().encode('{}'))))
    if (fate === 'read') expect(await reading).toEqual({})
    else await expect(reading).rejects.toMatchObject({ code: 'bad_request' })
  })

  test('a body of exactly the limit is read', async () => {
    expect(await read(post('{"a":1}'), 7)).toEqual({ a: 1 })
  })

  test('a large body is a 413 in the shape of every error', async () => {
    const { request } = createTestApp({ settings: { MAX_BODY_BYTES: '2000' } })
    const response = await request('/v1/chat/completions', chat({ user: 'x'.repeat(2000) }))
    expect(response.status).toBe(413)
    expect(await errorOf(response)).toMatchObject({ type: 'invalid_request_error', code: 'request_too_large' })
  })
})

describe('JSON', () => {
  test.each(['', '{', '[]', '"text"', '3', 'null', '{"a":1}}', "{'a':1}", '{"a":NaN}'])(
    '%j is refused',
    async (text) => {
      await expect(read(post(text))).rejects.toMatchObject({ code: 'invalid_json', param: null })
    },
  )

  test('the message does not quote the body', async () => {
    await expect(read(post('{"key": sk-secret'))).rejects.toThrow('The body is not valid JSON.')
  })

  test.each([
    ['a lone continuation byte', [0x22, 0x80, 0x22]],
    ['a truncated sequence', [0x22, 0xe2, 0x82]],
    ['an overlong form', [0x22, 0xc0, 0xaf, 0x22]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
  ])('UTF-8 with %s is refused', async (_, bytes) => {
    await expect(read(post(Uint8Array.from(bytes)))).rejects.toThrow('The body is not valid UTF-8.')
  })

  test('a character split between two pieces is put together', async () => {
    const bytes = new TextEncoder().encode('{"a":"😀"}')
    expect(await read(post(inPieces(bytes.slice(0, 8), bytes.slice(8))))).toEqual({ a: '😀' })
  })
})

describe('depth', () => {
  const nested = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`

  // The list is a value too.
  test.each([
    ['1', 59_999],
    ['{"b":[[2]]}', 14_999],
  ])('60,000 values are read, more are refused before they are parsed: %s', async (value, most) => {
    const list = (count: number): string => `{"a":[${Array.from({ length: count }, () => value).join()}]}`
    expect(await read(post(list(most)))).toHaveProperty('a')
    await expect(read(post(`${list(most + 1)} and no JSON`))).rejects.toMatchObject({ code: 'request_too_large' })
  })

  test('64 levels are read, 65 are refused', async () => {
    expect(await read(post(nested(64)))).toHaveProperty('a')
    await expect(read(post(nested(65)))).rejects.toMatchObject({ code: 'invalid_json' })
  })

  test('a hundred thousand levels are refused without harm', async () => {
    await expect(read(post('['.repeat(100_000)))).rejects.toMatchObject({ code: 'invalid_json' })
  })

  test('brackets inside strings do not count, escaped quotes do not end strings', async () => {
    const text = String.raw`\"[{`.repeat(100)
    expect(await read(post(`{"a":"${text}","b":"\\\\"}`))).toEqual({ a: '"[{'.repeat(100), b: '\\' })
  })

  test('siblings do not add up', async () => {
    expect(await read(post(`{"a":[${'[],'.repeat(500)}[]]}`))).toHaveProperty('a')
  })
})

test('an abort ends the wait for a body', async () => {
  const controller = new AbortController()
  const reading = readJsonBody(post(new ReadableStream()), { maxBytes: 100, signal: controller.signal })
  controller.abort(new Error('left'))
  await expect(reading).rejects.toThrow('left')
})
