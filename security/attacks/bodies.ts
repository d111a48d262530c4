/** Bodies, headers and paths that are no JSON, too deep or without an end. */
import { type Attack, hold, tryEach } from './attack.ts'
import { bodied, NO_MODEL, PATIENCE_MS } from './bodied-routes.ts'
import type { Target } from './target.ts'

const json = (fields: Readonly<Record<string, unknown>>): string => JSON.stringify({ model: NO_MODEL, ...fields })

/** Takes a refusal and no other answer, soon. */
async function refuses(target: Target, path: string, what: string, body: string | Uint8Array): Promise<void> {
  const { key } = target
  const lines = [`POST ${path} HTTP/1.1`, 'host: localhost', 'connection: close', 'content-type: application/json']
  if (key !== '') lines.push(`authorization: Bearer ${key}`)
  const head = Buffer.from(`${lines.join('\r\n')}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`)
  const bytes = Buffer.from(body)
  const { status, ms } = await target.send(Buffer.concat([head, bytes]))
  hold(status >= 400 && status < 500, `${path} answers ${status} to ${what}`)
  hold(ms < PATIENCE_MS, `${path} takes ${Math.round(ms)} ms for ${what}`)
}

const NO_JSON: readonly (readonly [what: string, body: string | Uint8Array])[] = [
  ['100,000 arrays in each other', '['.repeat(100_000)],
  ['100,000 objects in each other', '{"a":'.repeat(100_000)],
  ['1,000 levels in a known field', json({ messages: JSON.parse('['.repeat(1000) + ']'.repeat(1000)) })],
  ['a million values', `{"a":[${'0,'.repeat(400_000)}0]}`],
  ['a list', '[]'],
  ['a number', '1'],
  ['nothing', ''],
  ['NaN', '{"model":NaN}'],
  ['UTF-16', Buffer.from('{"model":"x"}', 'utf16le')],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
  ['two documents', '{}{}'],
  ['a comment', '{/**/}'],
  ['a gzip of zeros', Buffer.from('1f8b08000000000000ff', 'hex')],
]

const jsonBombs: Attack = {
  name: 'bodies that are no JSON, or too deep, on every route that takes one',
  promise: 'G10',
  run: (target) =>
    tryEach(bodied(target).entries(), async ([at, { path }]) => {
      for (const [what, body] of target.some(NO_JSON, at)) await refuses(target, path, what, body)
    }),
}

/** Of an admin's route nobody else gets to know how much it takes. */
const TOO_MUCH = [403, 413]

const largeBodies: Attack = {
  name: 'bodies without an end: declared, in chunks, in one chunk of a gigabyte',
  promise: 'G10',
  run: (target) =>
    tryEach(bodied(target), async ({ path }) => {
      const request = {
        method: 'POST',
        path,
        headers: ['content-type: application/json', 'content-length: 1000000000'],
      }
      const declared = await target.send(target.bytesOf(request), { quietMs: 200 })
      hold(TOO_MUCH.includes(declared.status), `${path} answers ${declared.status} to a declared gigabyte`)
      const chunked = { ...request, headers: ['content-type: application/json', 'transfer-encoding: chunked'] }
      const piece = Buffer.from(`10000\r\n${' '.repeat(0x10000)}\r\n`)
      const bytes = target.bytesOf(chunked)
      const poured = await target.send(bytes, { timeoutMs: 20_000, andThen: () => endless(piece) })
      hold(TOO_MUCH.includes(poured.status), `${path} answers ${poured.status} to chunks without an end`)
    }),
}

async function* endless(piece: Uint8Array): AsyncGenerator<Uint8Array> {
  for (;;) {
    yield piece
    await new Promise(setImmediate)
  }
}

const largeHeads: Attack = {
  name: 'headers and paths without an end',
  promise: 'G10',
  run: (target) =>
    tryEach(
      [
        { path: '/v1/models', headers: [`x-a: ${'a'.repeat(100_000)}`] },
        { path: '/v1/models', headers: Array.from({ length: 5000 }, (_, number) => `x-${number}: a`) },
        { path: '/v1/models', headers: Array.from({ length: 300 }, () => 'a:') },
        { path: `/v1/models/${'a'.repeat(100_000)}` },
        { path: `/v1/models/${'%61'.repeat(4000)}` },
        { path: `/v1/usage?${'a=1&'.repeat(3000)}` },
        { path: '/v1/models', headers: [`authorization: Bearer ${'a'.repeat(15_000)}`] },
        { path: `/v1/models/${'/a'.repeat(3000)}` },
      ],
      async (request) => {
        const { status, ms } = await target.send(target.bytesOf(request))
        hold(status < 500 && ms < PATIENCE_MS, `${request.path.slice(0, 40)}: ${status} after ${Math.round(ms)} ms`)
      },
    ),
}

export const BODIES: readonly Attack[] = [jsonBombs, largeBodies, largeHeads]
