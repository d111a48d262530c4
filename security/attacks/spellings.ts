/** The routes by other methods, protocols and spellings. */
import { type Attack, hold, tryEach } from './attack.ts'
import { lockedOf } from './routes.ts'

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
    tryEach(lockedOf(target.routes).entries(), async ([at, { method, path, body }]) => {
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

export const SPELLINGS: readonly Attack[] = [methods, switching, paths]
