import type { HttpBindings } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import { connectionOf } from './connection.ts'
import type { Answering, Call, Pipeline, Place } from './pipeline.ts'
import type { Route } from './route.ts'
import type { Principal } from '../turn/turn.ts'

/** What answers HTTP requests: `fetch` for a server, `request` for a test. */
export type App = Hono<{ Bindings: Partial<HttpBindings> }>

const NOWHERE: Place = { pattern: '(unknown)', methods: new Map(), missing: 'unknown_url' }

/**
 * Makes an app of a route table. Nothing can be added but through the table, and the pipeline alone answers.
 * @param notOffered paths of OpenAI's API that are known but answer `unsupported_endpoint`
 */
export function mountRoutes<Services>(
  routes: readonly Route<Services>[],
  notOffered: readonly string[],
  services: Services,
  pipeline: Pipeline,
): App {
  const app: App = new Hono({ strict: false })
  const callOf = (c: Context<{ Bindings: Partial<HttpBindings> }>): Call => ({
    request: c.req.raw,
    connection: connectionOf(c.req.raw, c.env),
    params: c.req.param(),
  })
  for (const [path, place] of [...placesOf(routes, services), ...placesWithout(notOffered)]) {
    app.all(path.replace(/\{(\w+)\}$/, ':$1{.+}').replace(/\{(\w+)\}\//, ':$1/'), (c) => pipeline(place, callOf(c)))
  }
  app.notFound((c) => pipeline(NOWHERE, callOf(c)))
  return app
}

/** Every path and alias with its methods. An alias is logged as the route that it stands for. */
function placesOf<Services>(routes: readonly Route<Services>[], services: Services): Map<string, Place> {
  const places = new Map<string, Place & { methods: Map<string, Answering> }>()
  for (const { method, path, aliases, access, scope, rateClass, endpoint } of routes) {
    const takesBody = endpoint.operation.body !== undefined
    const admit = (principal: Principal): void => endpoint.admit?.(services, principal)
    const answer = { access, scope, rateClass, takesBody, admit, handle: endpoint.create(services) }
    for (const name of [path, ...aliases]) {
      const place = places.get(name) ?? { pattern: path, methods: new Map(), missing: NOWHERE.missing }
      places.set(name, place)
      place.methods.set(method, answer)
    }
  }
  return places
}

function placesWithout(paths: readonly string[]): [string, Place][] {
  return paths.map((path) => [path, { pattern: path, methods: new Map(), missing: 'unsupported_endpoint' }])
}
