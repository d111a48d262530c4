/** What a web page can make a browser send, and foreign names for the server. */
import { type Attack, hold, tryEach } from './attack.ts'
import { requestFor } from './routes.ts'
import { codeOf } from './target.ts'

const FOREIGN_HOSTS = [
  ['host: evil.example'],
  ['host: localhost.evil.example'],
  ['host: 127.0.0.1.evil.example'],
  ['host: 127.1'],
  ['host: 0x7f000001'],
]

const ODD_HOSTS = [
  ['host: localhost/#@evil.example'],
  ['host: localhost:80@evil.example'],
  ['host: [::ffff:7f00:1]%25lo'],
  ['host: localhost', 'host: evil.example'],
  ['host:'],
]

interface Refusal {
  readonly status: number
  readonly code: string
}

const everyRouteUnder = (what: string, hosts: readonly (readonly string[])[], { status, code }: Refusal): Attack => ({
  name: `every route under ${what}`,
  promise: 'G4',
  run: (target) =>
    tryEach(target.routes.entries(), async ([at, route]) => {
      for (const headers of target.some(hosts, at)) {
        const answer = await target.ask({ ...requestFor(route), headers })
        const isRefused = answer.status === status && codeOf(answer) === code
        hold(isRefused, `${route.method} ${route.path} answers ${answer.status} to ${headers.join()}`)
      }
    }),
})

const foreignHost = everyRouteUnder('a foreign name (DNS rebinding)', FOREIGN_HOSTS, {
  status: 403,
  code: 'forbidden_host',
})

const oddHost = everyRouteUnder('two names, or one that readers understand in different ways', ODD_HOSTS, {
  status: 400,
  code: 'bad_request',
})

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

export const PAGES: readonly Attack[] = [foreignHost, oddHost, forwardedHost, foreignPages, embedded, simplePosts]
