/** Values that nobody thought of, in every parameter. */
import { type Attack, hold, tryEach } from './attack.ts'
import { bodied, NO_MODEL, PATIENCE_MS, survives } from './bodied-routes.ts'

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

export const VALUES: readonly Attack[] = [absurdValues, absurdQueries, prototypes]
