import { expect, test } from 'vitest'
import { openEventStream, type EventStreamOptions } from '../../src/http/event-stream.ts'

const decoder = new TextDecoder()

function options(more: Partial<EventStreamOptions> = {}): EventStreamOptions {
  return {
    heartbeatMs: 10_000,
    renderError: (error) => ({ error: String(error) }),
    onEnd: () => undefined,
    onLeave: () => undefined,
    ...more,
  }
}

/** Values that the test hands out one by one. */
function source() {
  const asked: ((result: IteratorResult<unknown>) => void)[] = []
  const given: IteratorResult<unknown>[] = []
  const put = (result: IteratorResult<unknown>): void => {
    const ask = asked.shift()
    if (ask === undefined) given.push(result)
    else ask(result)
  }
  let reads = 0
  let returned = false
  return {
    give: (value: unknown) => put({ done: false, value }),
    finish: () => put({ done: true, value: undefined }),
    get reads() {
      return reads
    },
    get returned() {
      return returned
    },
    events: {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          reads += 1
          const result = given.shift()
          if (result !== undefined) return Promise.resolve(result)
          return new Promise<IteratorResult<unknown>>((resolve) => asked.push(resolve))
        },
        return: () => {
          returned = true
          return Promise.resolve({ done: true as const, value: undefined })
        },
      }),
    },
  }
}

async function* values(...all: unknown[]): AsyncGenerator {
  yield* all
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<string[]> {
  const writes: string[] = []
  for await (const bytes of stream) writes.push(decoder.decode(bytes))
  return writes
}

test('each event is one write, and [DONE] is the last', async () => {
  const stream = await openEventStream(values({ a: 1 }, 'line\nbreak'), options())
  expect(await readAll(stream)).toEqual(['data: {"a":1}\n\n', 'data: "line\\nbreak"\n\n', 'data: [DONE]\n\n'])
})

test('a failure before the first event is thrown to the opener', async () => {
  const events = (async function* () {
    throw new Error('early')
  })()
  await expect(openEventStream(events, options())).rejects.toThrow('early')
})

test('a later failure is an event, after which the stream closes without [DONE]', async () => {
  const events = (async function* () {
    yield 1
    throw new Error('late')
  })()
  let ended: unknown
  const stream = await openEventStream(events, options({ onEnd: (error) => (ended = error) }))
  expect(await readAll(stream)).toEqual(['data: 1\n\n', 'data: {"error":"Error: late"}\n\n'])
  expect(ended).toEqual(new Error('late'))
})

test('silence opens the stream with a comment and fills every further interval', async () => {
  const { events, give, finish } = source()
  const stream = await openEventStream(events, options({ heartbeatMs: 5 }))
  const reader = stream.getReader()
  const read = async (): Promise<string> => decoder.decode((await reader.read()).value)
  expect(await read()).toBe(': ping\n\n')
  expect(await read()).toBe(': ping\n\n')
  give('hello')
  expect(await read()).toBe('data: "hello"\n\n')
  expect(await read()).toBe(': ping\n\n')
  finish()
  expect(await read()).toBe('data: [DONE]\n\n')
})

test('a reader that does not read holds the source back', async () => {
  const held = source()
  const opening = openEventStream(held.events, options())
  held.give(1)
  const reader = (await opening).getReader()
  expect(held.reads).toBe(1)
  await reader.read()
  expect(held.reads).toBe(1)
  const second = reader.read()
  held.give(2)
  await second
  expect(held.reads).toBe(2)
})

test('a reader that cancels ends the iteration and is reported once', async () => {
  const held = source()
  let left = 0
  const opening = openEventStream(held.events, options({ onLeave: () => (left += 1) }))
  held.give(1)
  const stream = await opening
  await stream.cancel()
  expect(held.returned).toBe(true)
  expect(left).toBe(1)
})

test('a reader that takes nothing for too long is treated as gone', async () => {
  const held = source()
  const left = new Promise<void>((resolve) => {
    const opening = openEventStream(held.events, options({ stallMs: 5, onLeave: resolve }))
    held.give(1)
    void opening.then((stream) => stream.getReader().read())
  })
  await left
  expect(held.returned).toBe(true)
})
