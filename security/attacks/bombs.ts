/** What is small to send and large to take in, and values that nobody thought of. */
import { createServer } from 'node:net'
import { type Attack, hold, tryEach } from './attack.ts'
import type { AttackedRoute } from './routes.ts'
import type { Target } from './target.ts'

/** A schema may be compiled for 5 s, in a thread of its own. */
const PATIENCE_MS = 9000

type BodiedRoute = AttackedRoute & { readonly body: NonNullable<AttackedRoute['body']> }

function bodied({ routes }: Target): readonly BodiedRoute[] {
  return routes.filter((route): route is BodiedRoute => route.body !== undefined)
}

/** No model of this name is there: whatever is taken for good ends at it, before a model is asked. */
const NO_MODEL = 'no-such-model'

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

const ABSURD: readonly unknown[] = [
  null,
  '',
  'a\0b',
  '\ud800',
  '\u202etxt\u200b',
  'x'.repeat(20_000),
  'openai/'.repeat(20_000),
  -1,
  0,
  1e308,
  -0.5,
  2 ** 53,
  true,
  [],
  {},
  [null],
  [[]],
  [{ type: 'text' }],
  { type: '__proto__' },
  { type: 'constructor', text: {} },
  { toString: 'x', hasOwnProperty: 1, length: -1, valueOf: 1 },
]

const absurdValues: Attack = {
  name: 'absurd values in every parameter of every route',
  promise: 'G10',
  run: (target) =>
    tryEach(bodied(target).entries(), async ([place, { path, body }]) => {
      for (const [at, value] of target.some([...ABSURD.entries()], place)) {
        for (const name of target.some(body.properties, at))
          await survives(target, path, { ...body.example, model: NO_MODEL, [name]: value })
        const all = Object.fromEntries(body.properties.map((name) => [name, value]))
        await survives(target, path, all)
      }
    }),
}

const ODD_QUERIES = [
  '',
  '-1',
  '1e309',
  '99999999999999999999',
  '%00',
  '%ff%fe',
  '%',
  '..%2f..%2fetc%2fpasswd',
  "' OR '1'='1' --",
  '0000-00-00',
  '9999-12-31',
  '-271821-04-20',
  '__proto__',
  '[object',
  'a,'.repeat(3000),
].map((value) => value.replaceAll(' ', '%20'))

const absurdQueries: Attack = {
  name: 'absurd values behind the question mark of every route',
  promise: 'G10',
  run: (target) =>
    tryEach(target.routes.entries(), async ([at, { method, path, query }]) => {
      if (method !== 'GET') return
      for (const value of target.some(ODD_QUERIES, at)) {
        for (const name of [...query, '__proto__', 'limit']) {
          const { ms } = await target.ask({ path: `${path}?${name}=${value}&${name}=2` })
          hold(ms < PATIENCE_MS, `${path} takes ${Math.round(ms)} ms for ${name}=${value.slice(0, 50)}`)
        }
      }
    }),
}

/** Takes any answer that is none of a failure, soon. `ask` finds the failures. */
async function survives(target: Target, path: string, body: unknown): Promise<void> {
  const { ms } = await target.ask({ method: 'POST', path, body })
  hold(ms < PATIENCE_MS, `${path} takes ${Math.round(ms)} ms for ${JSON.stringify(body).slice(0, 100)}`)
}

const prototypes: Attack = {
  name: 'names of prototypes in bodies, which would change every object',
  promise: 'G10',
  run: async (target) => {
    const polluted = { polluted: 'by-a-caller', isAdmin: true, trusted: true, enable_tools: true, scopes: ['admin'] }
    const inner = JSON.stringify(polluted)
    const fields = `"__proto__":${inner},"constructor":{"prototype":${inner}},"prototype":${inner}`
    await tryEach(bodied(target), async ({ path }) => {
      const metadata = `"metadata":{${fields}},"logit_bias":{"__proto__":1},"messages":[{"role":"user",${fields}}]`
      await survives(target, path, `{"model":"${NO_MODEL}",${fields},${metadata}}`)
    })
    for (const path of ['/health', '/v1/models', '/v1/tools/config']) {
      const { body, status } = await target.ask({ path })
      hold(!body.includes('polluted'), `${path} shows what another request put into a prototype`)
      hold(
        path !== '/v1/tools/config' || status === 403 || !target.has('limited key'),
        'a prototype made a key an admin',
      )
    }
  },
}

const LOOP = { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' }

/** Doubles with each of its levels when it is written out. */
function doubling(levels: number): unknown {
  const defs = Array.from({ length: levels }, (_, at) => {
    const next = { $ref: `#/$defs/d${at + 1}` }
    return [
      `d${at}`,
      { type: 'object', properties: { a: next, b: next }, required: ['a', 'b'], additionalProperties: false },
    ]
  })
  return { $defs: Object.fromEntries([...defs, [`d${levels}`, { type: 'string' }]]), $ref: '#/$defs/d0' }
}

/** @param share how much of the largest ones */
function schemas(elsewhere: string, share: number): readonly unknown[] {
  const object = { type: 'object', additionalProperties: false }
  return [
    LOOP,
    { $ref: '#' },
    doubling(40),
    { ...object, properties: { a: { type: 'string', pattern: '^(a+)+$' } }, required: ['a'] },
    { ...object, properties: { a: { type: 'string', pattern: '(' } } },
    { ...object, properties: { a: { type: 'string', pattern: `(${'a?'.repeat(2000)}${'a'.repeat(2000)})` } } },
    { $ref: `${elsewhere}/schema.json` },
    { $ref: 'file:///etc/passwd' },
    { $schema: `${elsewhere}/draft`, $id: `${elsewhere}/id`, ...object },
    { ...object, properties: Object.fromEntries(Array.from({ length: 20_000 * share }, (_, at) => [`p${at}`, {}])) },
    { ...object, properties: JSON.parse('{"__proto__":{"type":"string"},"constructor":{"type":"string"}}') },
    { allOf: Array.from({ length: 10_000 * share }, () => ({ type: 'object' })) },
    { enum: Array.from({ length: 50_000 * share }, (_, at) => at) },
    { type: 'object', description: 'x'.repeat(500_000 * share) },
    { format: 'ipv6', type: ['string', 'constructor'] },
  ]
}

/** What would be made of a request can be asked with a good model too. */
const ASKS_NO_MODEL = ['/v1/compatibility', '/v1/debug/request']

const schemaBombs: Attack = {
  name: 'schemas without an end, with slow patterns, or of another place',
  promise: 'G10',
  run: (target) =>
    fetchesNothing(async (elsewhere) =>
      tryEach(chatLike(target).entries(), async ([at, { path, body }]) => {
        const model = ASKS_NO_MODEL.includes(path) ? 'sonnet' : NO_MODEL
        for (const schema of target.some(schemas(elsewhere, target.has('time') ? 1 : 0.1), at)) {
          const format = { type: 'json_schema', json_schema: { name: 'a', schema, strict: true } }
          const tool = { type: 'function', function: { name: 'a', parameters: schema } }
          await survives(target, path, { ...body.example, model, response_format: format })
          await survives(target, path, { ...body.example, model, tools: [tool] })
        }
      }),
    ),
}

const addresses: Attack = {
  name: 'addresses in messages that the server would have to fetch (request forgery)',
  promise: 'G4',
  run: (target) =>
    fetchesNothing(async (elsewhere) =>
      tryEach(chatLike(target), async ({ path, body }) => {
        const urls = [
          elsewhere,
          elsewhere.replace('http:', 'https:'),
          'file:///etc/passwd',
          'http://169.254.169.254/latest/',
        ]
        for (const url of urls) {
          const image = { type: 'image_url', image_url: { url } }
          const file = { type: 'file', file: { file_data: url, file_id: url, filename: '/etc/passwd' } }
          for (const part of [image, file])
            await survives(target, path, {
              ...body.example,
              model: NO_MODEL,
              messages: [{ role: 'user', content: [part] }],
            })
        }
      }),
    ),
}

/** Holds that nobody connects to an address meanwhile. */
async function fetchesNothing(attempt: (address: string) => Promise<void>): Promise<void> {
  let visits = 0
  const server = createServer((socket) => {
    visits += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  try {
    await attempt(`http://127.0.0.1:${port}`)
  } finally {
    server.close()
  }
  hold(visits === 0, 'the server fetched an address that a caller gave')
}

/** 33 bytes that say to be an image of 400 million pixels. */
const HUGE_PNG = Buffer.concat([
  Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
  Buffer.from('00004e2000004e200806000000', 'hex'),
  Buffer.alloc(4),
])

const imageBombs: Attack = {
  name: 'images and files that are small to send and huge to open',
  promise: 'G10',
  run: (target) =>
    tryEach(chatLike(target), async ({ path, body }) => {
      const contents: readonly (readonly [type: string, bytes: Buffer])[] = [
        ['image/png', HUGE_PNG],
        ['image/png', HUGE_PNG.subarray(0, 20)],
        ['image/png', Buffer.from('GIF89a')],
        ['image/svg+xml', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
        ['application/zip', Buffer.from('504b0304', 'hex')],
      ]
      for (const [type, bytes] of contents) {
        const part = { type: 'image_url', image_url: { url: `data:${type};base64,${bytes.toString('base64')}` } }
        const messages = [{ role: 'user', content: [part] }]
        const { status } = await target.ask({ method: 'POST', path, body: { ...body.example, messages } })
        hold(
          status === 400 || ASKS_NO_MODEL.includes(path),
          `${path} answers ${status} to ${type} of ${bytes.length} bytes`,
        )
      }
    }),
}

/** Routes that take messages. */
function chatLike(target: Target): readonly BodiedRoute[] {
  return bodied(target).filter(({ body }) => body.properties.includes('messages'))
}

export const BOMBS: readonly Attack[] = [
  jsonBombs,
  largeBodies,
  largeHeads,
  absurdValues,
  absurdQueries,
  prototypes,
  schemaBombs,
  addresses,
  imageBombs,
]
