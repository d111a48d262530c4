/** What is light on the wire, and heavy in time or memory where it is taken in. Others must not wait meanwhile. */
import { type Attack, hold, tryEach } from './attack.ts'
import type { Target } from './target.ts'

const many = (count: number, piece: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => piece(at)).join()

/** JSON in a string of JSON: nobody who looks at the body sees what is in it. */
const ARGUMENTS: readonly (readonly [what: string, make: () => string])[] = [
  ['millions of values', () => `{"a":[${'0,'.repeat(9_000_000)}0]}`],
  ['a million keys', () => `{${many(1_000_000, (at) => `"k${at}":0`)}}`],
  ['millions of levels', () => '['.repeat(9_000_000) + ']'.repeat(9_000_000)],
]

const callArguments: Attack = {
  name: 'arguments of calls that hold millions of values',
  promise: 'G10',
  run: (target) =>
    tryEach(examining(target).entries(), async ([at, path]) => {
      for (const [what, make] of target.some(ARGUMENTS, at)) {
        const text = make()
        const called = { name: 'f', arguments: text }
        const calls = [{ id: 'a', type: 'function', function: called }]
        const present = [
          { role: 'assistant', tool_calls: calls },
          { role: 'tool', tool_call_id: 'a', content: 'x' },
        ]
        const legacy = [
          { role: 'assistant', function_call: called },
          { role: 'function', name: 'f', content: 'x' },
        ]
        for (const messages of [present, legacy]) await isLight(target, path, what, { model: 'sonnet', messages })
      }
    }),
}

/** Values inside of one another, under a name of its own each: what such an object takes in memory is many times its text. */
const deepValues = (): string => `{"model":"none","x":[${many(90_000, (at) => `{"k${at}":{"a":[]}}`)}]}`
/** The most that may be, of the heaviest kind. */
const wideValues = (): string => `{"model":"none","x":[${many(29_000, (at) => `{"k${at}":0}`)}]}`

const manyBodies: Attack = {
  name: 'many bodies at a time that are light to send and heavy to take in',
  promise: 'G10',
  run: async (target) => {
    for (const body of target.some([deepValues(), wideValues()], 0)) {
      const asked = Array.from({ length: 60 }, async () => {
        const { status } = await target.ask({ method: 'POST', path: '/v1/chat/completions', body })
        hold(status >= 400, `it answers ${status}`)
      })
      await Promise.all(asked)
    }
  },
}

const smallChunks: Attack = {
  name: 'a body in millions of chunks of a byte',
  promise: 'G10',
  run: async (target) => {
    const headers = ['content-type: application/json', 'transfer-encoding: chunked']
    const bytes = target.bytesOf({ method: 'POST', path: '/v1/chat/completions', headers })
    const piece = Buffer.from('1\r\n \r\n'.repeat(10_000))
    const { status, ms } = await target.send(bytes, { timeoutMs: 20_000, andThen: () => endless(piece) })
    hold(status >= 400 && status < 500, `it answers ${status}`)
    hold(ms < 5000, `it takes ${Math.round(ms)} ms`)
  },
}

async function* endless(piece: Uint8Array): AsyncGenerator<Uint8Array> {
  for (;;) {
    yield piece
    await new Promise(setImmediate)
  }
}

/** Takes any answer that is none of a failure, soon. */
async function isLight(target: Target, path: string, what: string, body: unknown): Promise<void> {
  const { ms } = await target.ask({ method: 'POST', path, body })
  hold(ms < 5000, `${path} takes ${Math.round(ms)} ms for ${what}`)
}

/** Routes that look at every message, and ask no model. */
function examining({ routes }: Target): readonly string[] {
  const those = ['/v1/compatibility', '/v1/debug/request']
  return routes.map(({ path }) => path).filter((path) => those.includes(path))
}

export const WEIGHT: readonly Attack[] = [callArguments, manyBodies, smallChunks]
