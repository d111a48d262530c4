/** What is small to send and large to take in: schemas, images, files; and what would have to be fetched. */
import { createServer } from 'node:net'
import { type Attack, hold, tryEach } from './attack.ts'
import { ASKS_NO_MODEL, chatLike, NO_MODEL, survives } from './bodied-routes.ts'

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

export const SCHEMAS_AND_FILES: readonly Attack[] = [schemaBombs, addresses, imageBombs]
