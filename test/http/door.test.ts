/** There is one door: what the pipeline refuses is refused, whatever the route, and there is no way beside it. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { ROUTES } from '../../src/app.ts'
import { NOT_OFFERED } from '../../src/endpoints/not-offered.ts'
import { mountRoutes } from '../../src/http/mount-routes.ts'
import type { Handler, Route } from '../../src/http/route.ts'
import { createTestApp } from '../support/app.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE-ME']

/** The route table with endpoints that must not be reached. */
const UNREACHED: readonly Route<undefined>[] = ROUTES.map((route) => ({
  ...route,
  endpoint: { operation: route.endpoint.operation, create: (): Handler => () => Promise.reject(new Error('reached')) },
}))

test('every route, alias, known and unknown path ends in the pipeline, by every method', async () => {
  let asked = 0
  const app = mountRoutes(UNREACHED, NOT_OFFERED, undefined, () => {
    asked += 1
    return Promise.resolve(new Response(null, { status: 418 }))
  })
  const table = ROUTES.flatMap(({ path, aliases }) => [path, ...aliases])
  const paths = [...table, ...NOT_OFFERED].map((path) => path.replaceAll(/\{\w+\}/g, 'one'))
  const asking = [...paths, ...paths.map((path) => `${path}/`), '/nowhere', '/v1', '/v1/models/one/two', '/%00']
  for (const path of asking) {
    for (const method of METHODS) {
      const { status } = await app.request(path, { method })
      expect(`${method} ${path} ${status}`).toBe(`${method} ${path} 418`)
    }
  }
  expect(asked).toBe(asking.length * METHODS.length)
})

test('nothing is mounted but what stands in the table', () => {
  const { app } = createTestApp()
  const places = new Set([...ROUTES.flatMap(({ path, aliases }) => [path, ...aliases]), ...NOT_OFFERED])
  expect(app.routes).toHaveLength(places.size)
  expect(new Set(app.routes.map(({ method }) => method))).toEqual(new Set(['ALL']))
})

test('one file makes the app, and one listens', () => {
  const source = fileURLToPath(new URL('../../src', import.meta.url))
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  const having = (pattern: RegExp): string[] =>
    files.filter((name) => pattern.test(readFileSync(`${source}/${name}`, 'utf8')))
  expect(having(/new Hono\b/)).toEqual(['http/mount-routes.ts'])
  expect(having(/getRequestListener\(/)).toEqual(['http/listen.ts'])
})
