/** Ways in: without a key, with odd ones, from web pages, under other names, by other methods and paths. */
import { type Attack, hold, tryEach } from './attack.ts'
import { type AttackedRoute, UNDOCUMENTED } from './routes.ts'
import { codeOf, type Target } from './target.ts'

/** A request for each route, with a body where it takes one. */
const requestFor = ({ method, path, body }: AttackedRoute) => ({
  method,
  path,
  ...(body !== undefined && { body: body.example }),
})

const locked = (target: Target): readonly AttackedRoute[] => target.routes.filter(({ isOpen }) => !isOpen)

const noKey: Attack = {
  name: 'every route without a key, or with a wrong one',
  promise: 'G4',
  needs: ['key'],
  run: (target) =>
    tryEach(locked(target), async (route) => {
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
    return tryEach(locked(target).entries(), async ([at, route]) => {
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

const FOREIGN_HOSTS = [
  ['host: evil.example'],
  ['host: localhost.evil.example'],
  ['host: localhost/#@evil.example'],
  ['host: localhost:80@evil.example'],
  ['host: 127.0.0.1.evil.example'],
  ['host: 127.1'],
  ['host: 0x7f000001'],
  ['host: [::ffff:7f00:1]%25lo'],
  ['host: localhost', 'host: evil.example'],
  ['host:'],
]

const foreignHost: Attack = {
  name: 'every route under a foreign name (DNS rebinding)',
  promise: 'G4',
  run: (target) =>
    tryEach(target.routes.entries(), async ([at, route]) => {
      for (const headers of target.some(FOREIGN_HOSTS, at)) {
        const answer = await target.ask({ ...requestFor(route), headers })
        hold(
          answer.status === 403 && codeOf(answer) === 'forbidden_host',
          `${route.method} ${route.path} answers ${answer.status} to ${headers.join()}`,
        )
      }
    }),
}

const forwardedHost: Attack = {
  name: 'a foreign name in the headers of proxies, to be told back',
  promise: 'G4',
  run: (target) => {
    const headers = ['x-forwarded-host: evil.example', 'forwarded: host=evil.example', 'x-original-url: /metrics']
    return tryEach(
      target.routes.filter(({ method }) => method === 'GET'),
      async ({ path }) => {
        const { text } = await target.ask({ path, headers: [...headers, 'x-rewrite-url: /metrics'] })
        hold(!text.includes('evil.example'), `${path} tells the name of x-forwarded-host back`)
      },
    )
  },
}

const ORIGINS = ['null', 'https://evil.example', 'http://localhost.evil.example', 'http://localhost:1', 'file://', '']

const foreignPages: Attack = {
  name: 'every route from a foreign web page, and its preflight',
  promise: 'G4',
  run: (target) =>
    tryEach(target.routes.entries(), async ([at, route]) => {
      for (const origin of target.some(ORIGINS, at)) {
        const origins = [`origin: ${origin}`]
        const asked = await target.ask({ ...requestFor(route), headers: origins })
        hold(asked.status === 403, `${route.method} ${route.path} answers ${asked.status} to ${origins.join()}`)
        const headers = [
          ...origins,
          `access-control-request-method: ${route.method}`,
          'access-control-request-headers: authorization',
        ]
        const preflight = await target.ask({ method: 'OPTIONS', path: route.path, as: 'nobody', headers })
        for (const { headers: told } of [asked, preflight]) {
          const granted = [...told.keys()].filter((name) => name.startsWith('access-control-'))
          hold(granted.length === 0, `${route.path} grants ${granted.join()} to ${origins.join()}`)
        }
      }
    }),
}

const EMBEDDED = ['image', 'script', 'iframe', 'empty']

const embedded: Attack = {
  name: 'every route that reads as an image, a script or a frame of a foreign page, which names no origin',
  promise: 'G4',
  run: (target) =>
    tryEach(target.routes.entries(), async ([at, route]) => {
      if (route.method !== 'GET') return
      for (const dest of target.some(EMBEDDED, at)) {
        const mode = dest === 'iframe' ? 'navigate' : 'no-cors'
        const headers = ['sec-fetch-site: cross-site', `sec-fetch-mode: ${mode}`, `sec-fetch-dest: ${dest}`]
        const { status } = await target.ask({ path: route.path, headers })
        hold(status === 403, `GET ${route.path} answers ${status} as ${dest} of a foreign page`)
      }
    }),
}

/** What a page may post to any site without a preflight. */
const SIMPLE_TYPES = [
  'content-type: text/plain',
  'content-type: text/plain; charset=application/json',
  'content-type: application/x-www-form-urlencoded',
  'content-type: multipart/form-data; boundary=x',
  'content-type: text/plain; application/json',
  'content-type: application/json+x',
  'content-type:',
]

const simplePosts: Attack = {
  name: 'posts that a page may send unasked: plain text, forms, no type at all',
  promise: 'G4',
  run: (target) =>
    tryEach(target.routes, async (route) => {
      if (route.body === undefined) return
      for (const type of SIMPLE_TYPES) {
        const { status } = await target.ask({ ...requestFor(route), headers: [type] })
        hold(status >= 400, `${route.path} takes a body of ${type}`)
      }
      const doubled = ['content-type: text/plain', 'content-type: application/json']
      const { status } = await target.ask({ ...requestFor(route), headers: doubled })
      hold(status >= 400, `${route.path} takes a body of two types`)
    }),
}

const methods: Attack = {
  name: 'methods that a route does not have, and headers that name another one',
  promise: 'G4',
  run: (target) =>
    tryEach(target.routes.entries(), async ([at, { path, method }]) => {
      for (const other of target.some(['TRACE', 'PATCH', 'PROPFIND', 'get', 'DEBUG', 'LINK'], at)) {
        const { status } = await target.send(target.bytesOf({ method: other, path }))
        hold([0, 400, 403, 404, 405, 501].includes(status), `${other} ${path} answers ${status}`)
      }
      if (method !== 'GET') return
      const headers = ['x-http-method-override: DELETE', 'x-method-override: DELETE', 'x-http-method: DELETE']
      const { body } = await target.ask({ path: `${path}?_method=DELETE`, headers })
      hold(!body.includes('"deleted":true'), `GET ${path} deletes`)
    }),
}

const switching: Attack = {
  name: 'tunnels and other protocols: CONNECT, WebSocket, HTTP/2',
  promise: 'G4',
  run: (target) =>
    tryEach(
      [
        { method: 'CONNECT', path: '127.0.0.1:22' },
        { method: 'CONNECT', path: '/v1/models' },
        { path: '/v1/models', headers: ['connection: upgrade', 'upgrade: websocket', 'sec-websocket-version: 13'] },
        {
          path: '/v1/models',
          headers: ['connection: upgrade, http2-settings', 'upgrade: h2c', 'http2-settings: AAMAAABk'],
        },
      ],
      async (request) => {
        const { status, text } = await target.send(target.bytesOf({ ...request, as: 'nobody' }), {
          quietMs: 200,
          timeoutMs: 2000,
        })
        hold(![101, 200].includes(status) || !target.has('key'), `it answers ${text.slice(0, 80)}`)
        hold(status !== 101, 'it switches the protocol')
      },
    ),
}

const paths: Attack = {
  name: 'every route by another spelling of its path, without a key',
  promise: 'G4',
  needs: ['key'],
  run: (target) =>
    tryEach(locked(target).entries(), async ([at, { method, path, body }]) => {
      const rest = path.slice(1)
      const encoded = `/%${rest.charCodeAt(0).toString(16)}${rest.slice(1)}`
      const spellings = [
        `/${path}`,
        `/.${path}`,
        `/x/..${path}`,
        `/%2e${path}`,
        `/x/%2e%2e${path}`,
        `/health/..${path}`,
      ]
      const more = [
        `/health;${path}`,
        `/health/..;${path}`,
        `/health%2f..${path}`,
        `/health?${path}`,
        `/health#${path}`,
      ]
      const ends = ['/', ';x=1', '%00', '%20', '.json', '/health', '?', '#', '%2f', '\\', '..', '%0d%0ahost:x']
      const others = [path.toUpperCase(), path.replaceAll('/', '\\'), `http://localhost${path}`, encoded, `*${path}`]
      const all = [...spellings, ...more, ...others, ...ends.map((end) => path + end)]
      for (const spelling of target.some(all, at)) {
        const asked = {
          method,
          path: spelling,
          as: 'nobody',
          ...(body !== undefined && { body: body.example }),
        } as const
        const { status, text } = await target.send(target.bytesOf(asked))
        // `/health?/v1/models` is /health, which anybody may read.
        const isHealth = spelling.startsWith('/health?') && method === 'GET' && text.includes('"status"')
        hold(isHealth || [400, 401, 405].includes(status), `${method} ${spelling} answers ${status} without a key`)
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

export const DOOR: readonly Attack[] = [
  noKey,
  oddKeys,
  details,
  undocumented,
  foreignHost,
  forwardedHost,
  foreignPages,
  embedded,
  simplePosts,
  methods,
  switching,
  paths,
  adminRoutes,
]
