/** The routes to attack, as the server itself describes them: a new one is attacked without a word here. */
import { z } from 'zod'

export interface AttackedRoute {
  readonly method: string
  /** With something in the place of its parameters. */
  readonly path: string
  /** As the document has it. */
  readonly pattern: string
  /** Whether it answers without a key. */
  readonly isOpen: boolean
  /** What may stand after the `?`. */
  readonly query: readonly string[]
  /** The JSON body that it takes. */
  readonly body?: { readonly example: Readonly<Record<string, unknown>>; readonly properties: readonly string[] }
}

const object = z.record(z.string(), z.unknown())
const schema = z.looseObject({ $ref: z.string().optional(), properties: object.optional() })
const operation = z.looseObject({
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string() })),
  security: z.array(z.unknown()),
  'x-aliases': z.array(z.string()).default([]),
  requestBody: z
    .looseObject({ content: z.object({ 'application/json': z.looseObject({ schema, example: object.optional() }) }) })
    .optional(),
})
const document = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.looseObject({ schemas: z.record(z.string(), schema) }),
})

/** Every route and alias. @param text `/openapi.json` */
export function routesOf(text: string): readonly AttackedRoute[] {
  const { paths, components } = document.parse(JSON.parse(text))
  return Object.entries(paths).flatMap(([pattern, methods]) =>
    Object.entries(methods).flatMap(([method, { parameters, security, 'x-aliases': aliases, requestBody }]) => {
      const content = requestBody?.content['application/json']
      const name = content?.schema.$ref?.replace('#/components/schemas/', '')
      const properties = (name === undefined ? content?.schema : components.schemas[name])?.properties ?? {}
      const body = content && { example: content.example ?? {}, properties: Object.keys(properties) }
      return [pattern, ...aliases].map((path) => ({
        method: method.toUpperCase(),
        path: path.replaceAll(/\{\w+\}/g, 'sonnet'),
        pattern,
        isOpen: security.length === 0,
        query: parameters.filter((parameter) => parameter.in === 'query').map((parameter) => parameter.name),
        ...(body !== undefined && { body }),
      }))
    }),
  )
}

/** What other servers have, and what this one may get: nobody documents a way in that he forgot. */
export const UNDOCUMENTED: readonly string[] = [
  '/admin',
  '/.env',
  '/.git/config',
  '/debug',
  '/debug/pprof',
  '/actuator/env',
  '/server-status',
  '/status',
  '/config',
  '/v1/config',
  '/v1/keys',
  '/v1/admin/keys',
  '/v1/debug',
  '/v1/auth/login',
  '/v1/auth/token',
  '/v1/files/..%2f..%2fetc%2fpasswd',
  '/v1/sessions/all/export',
  '/v1/workspaces',
  '/v1/messages',
  '/v1/responses',
  '/v1/embeddings',
  '/api/v1/chat/completions',
  '/v2/chat/completions',
  '/graphql',
  '/docs/swagger.json',
  '/metrics/prometheus',
  '/static/../package.json',
]

/** A request for the route, with a body where it takes one. */
export function requestFor({ method, path, body }: AttackedRoute) {
  return { method, path, ...(body !== undefined && { body: body.example }) }
}

/** Those that need a key. */
export function lockedOf(routes: readonly AttackedRoute[]): readonly AttackedRoute[] {
  return routes.filter(({ isOpen }) => !isOpen)
}
