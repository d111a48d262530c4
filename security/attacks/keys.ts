/** Ways in: without a key, with odd ones, with one that is for less. */
import { type Attack, hold, tryEach } from './attack.ts'
import { lockedOf, requestFor, UNDOCUMENTED } from './routes.ts'

const noKey: Attack = {
  name: 'every route without a key, or with a wrong one',
  promise: 'G4',
  needs: ['key'],
  run: (target) =>
    tryEach(lockedOf(target.routes), async (route) => {
      const wrong = [
        [],
        ['authorization: Bearer wrong'],
        ['x-api-key: wrong'],
        ['authorization: Bearer'],
        ['x-api-key:'],
      ]
      for (const headers of wrong) {
        const { status } = await target.ask({ ...requestFor(route), as: 'nobody', headers })
        hold(status === 401, `${route.method} ${route.path} answers ${status} without a key (${headers.join()})`)
      }
    }),
}

const oddKeys: Attack = {
  name: 'the right key where no key belongs: in the query, a cookie, the body, other headers, twice',
  promise: 'G4',
  needs: ['key'],
  run: (target) => {
    const { key } = target
    const forms = [
      ['authorization: Bearer wrong', `authorization: Bearer ${key}`],
      [`authorization: Bearer ${key}`, 'authorization: Bearer wrong'],
      [`authorization: Bearer ${key}`, 'x-api-key: wrong'],
      [`x-api-key: ${key}`, 'x-api-key: wrong'],
      [`authorization: Bearer ${key}, Bearer wrong`],
      [`authorization: Basic ${Buffer.from(`x:${key}`).toString('base64')}`],
      [`authorization: Bearer ${key.slice(0, -1)}`],
      [`authorization: Bearer ${key}x`],
      [`authorization: Bearer ${key.toUpperCase()}`],
      [`authorization: ${key}`],
      [`cookie: api_key=${key}; authorization=Bearer ${key}`],
      [`proxy-authorization: Bearer ${key}`],
      [`x-forwarded-authorization: Bearer ${key}`],
      [`x-original-authorization: Bearer ${key}`],
      [`api-key: ${key}`],
    ]
    return tryEach(lockedOf(target.routes).entries(), async ([at, route]) => {
      const query = `?api_key=${key}&key=${key}&access_token=${key}&authorization=Bearer%20${key}`
      const bare = { ...requestFor(route), as: 'nobody' } as const
      const tries = [{ ...bare, path: route.path + query }, ...forms.map((headers) => ({ ...bare, headers }))]
      if (route.body !== undefined) tries.push({ ...bare, body: { ...route.body.example, api_key: key, key } })
      for (const request of target.some(tries, at)) {
        const { status } = await target.ask(request)
        hold(
          status === 401,
          `${route.method} ${request.path} answers ${status} to an odd key (${'headers' in request ? request.headers.join() : ''})`,
        )
      }
    })
  },
}

const details: Attack = {
  name: 'details of the server from the routes that need no key',
  promise: 'G4',
  needs: ['key'],
  run: (target) =>
    tryEach(
      target.routes.filter(({ isOpen }) => isOpen),
      async ({ method, path }) => {
        for (const headers of [[], ['authorization: Bearer wrong']]) {
          const { body } = await target.ask({ method, path, as: 'nobody', headers })
          hold(!/\d+\.\d+|engine|database|worker|login|key/.test(body), `${path} tells anybody ${body}`)
        }
      },
    ),
}

const undocumented: Attack = {
  name: 'paths that nobody has described',
  promise: 'G4',
  run: (target) =>
    tryEach(UNDOCUMENTED, async (path) => {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const { status } = await target.ask({ method, path, as: 'nobody' })
        const refused = target.has('key') ? [400, 401] : [400, 404, 405]
        hold(refused.includes(status), `${method} ${path} answers ${status} without a key`)
        const known = await target.ask({ method, path })
        hold([400, 404, 405].includes(known.status), `${method} ${path} answers ${known.status} to a key`)
      }
    }),
}

/** What a key for chats may change or start. Whatever else is not read only has to be for admin keys. */
const FOR_CHATS = [
  'POST /v1/chat/completions',
  'POST /v1/completions',
  'POST /v1/compatibility',
  'POST /v1/debug/request',
  'DELETE /v1/sessions/{id}',
]

const adminRoutes: Attack = {
  name: 'everything that changes the server, and its numbers, with a key for chats',
  promise: 'G4',
  needs: ['limited key'],
  run: (target) =>
    tryEach(target.routes, async (route) => {
      const name = `${route.method} ${route.pattern}`
      const isReading = route.method === 'GET' && !['/metrics', '/v1/tools/config'].includes(route.pattern)
      if (isReading || FOR_CHATS.includes(name)) return
      const answer = await target.ask(requestFor(route))
      hold(answer.status === 403, `${name} answers ${answer.status} to a key for chats`)
    }),
}

export const KEYS: readonly Attack[] = [noKey, oddKeys, details, undocumented, adminRoutes]
