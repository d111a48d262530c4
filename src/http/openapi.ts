/** The OpenAPI 3.1 document, put together from the route table, the schemas and the error table. Pure. */
import { z } from 'zod'
import { errorRow, type ErrorCode } from '../errors.ts'
import { errorBodySchema } from '../wire/error-body.ts'
import type { DocumentedRoute, Operation } from './route.ts'

export interface JsonSchema {
  readonly [keyword: string]: unknown
}

export interface OpenApiOperation {
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters: readonly {
    readonly name: string
    readonly in: 'path' | 'query'
    readonly required: boolean
    readonly description: string
    readonly schema: JsonSchema
  }[]
  readonly requestBody?: { readonly required: true; readonly content: Readonly<Record<string, MediaType>> }
  readonly responses: Readonly<Record<string, OpenApiResponse>>
  /** Other paths that answer the same. */
  readonly 'x-aliases'?: readonly string[]
}

interface MediaType {
  readonly schema: JsonSchema
  readonly example?: unknown
}

export interface OpenApiResponse {
  readonly description: string
  readonly content?: Readonly<Record<string, MediaType>>
}

export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>
    readonly securitySchemes: Readonly<Record<string, JsonSchema>>
  }
}

const DESCRIPTION = `OpenAI's API, answered by Claude Code. Any OpenAI client works once its base URL points here.

Every failure has the same body and says in \`code\` what it is. Every answer carries \`x-request-id\` and, where
requests per minute are limited, \`x-ratelimit-limit-requests\`, \`-remaining-requests\` and \`-reset-requests\`. Parameters without a counterpart are ignored and named in the header \`x-dragoman-ignored\`.`

const ALWAYS: readonly ErrorCode[] = [
  'bad_request',
  'forbidden_host',
  'forbidden_origin',
  'too_many_requests',
  'overloaded',
  'timeout',
  'internal_error',
]
const WITH_KEY: readonly ErrorCode[] = ['invalid_api_key', 'store_unavailable']
const WITH_SCOPE: readonly ErrorCode[] = ['missing_scope']
const WITH_BODY: readonly ErrorCode[] = ['invalid_json', 'unsupported_content_type', 'request_too_large']

export function openApiDocument(routes: readonly DocumentedRoute[], version: string): OpenApiDocument {
  const components: Record<string, JsonSchema> = {}
  const paths: Record<string, Record<string, OpenApiOperation>> = {}
  for (const route of routes) {
    const methods = (paths[route.path] ??= {})
    methods[route.method.toLowerCase()] = operationOf(route, components)
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Dragoman', version, description: DESCRIPTION },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(components).toSorted(([a], [b]) => a.localeCompare(b))),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'Needed where API_KEY is set or keys are stored.' },
        header: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'The same key in another header.' },
      },
    },
  }
}

function operationOf(route: DocumentedRoute, components: Record<string, JsonSchema>): OpenApiOperation {
  const { operation } = route.endpoint
  return {
    operationId: `${route.method.toLowerCase()}${route.path.replace(/\W+(\w?)/g, (_, next: string) => next.toUpperCase())}`,
    summary: operation.summary,
    description: operation.description,
    security: route.access === 'key' ? [{ bearer: [] }, { header: [] }] : [],
    parameters: [...parametersOf(operation.params, 'path'), ...parametersOf(operation.query, 'query')],
    ...(operation.body !== undefined && { requestBody: requestBodyOf(operation.body, operation, components) }),
    responses: { ...successesOf(operation, components), ...failuresOf(route, components) },
    ...(route.aliases.length > 0 && { 'x-aliases': route.aliases }),
  }
}

function parametersOf(
  meanings: Readonly<Record<string, string>> = {},
  place: 'path' | 'query',
): OpenApiOperation['parameters'] {
  return Object.entries(meanings).map(([name, description]) => ({
    name,
    in: place,
    required: place === 'path',
    description,
    schema: { type: 'string' },
  }))
}

function requestBodyOf(
  body: z.ZodType,
  { fates, bodyExample }: Operation,
  components: Record<string, JsonSchema>,
): NonNullable<OpenApiOperation['requestBody']> {
  const schema = schemaOf(body, 'input', components, fates)
  const example = bodyExample === undefined ? {} : { example: bodyExample }
  return { required: true, content: { 'application/json': { schema, ...example } } }
}

function successesOf(operation: Operation, components: Record<string, JsonSchema>): Record<string, OpenApiResponse> {
  const content = operation.successes.map(({ contentType, schema }): [string, MediaType] => [
    contentType,
    { schema: schema === undefined ? {} : schemaOf(schema, 'output', components) },
  ])
  const description = operation.successes.map((success) => success.description).join(' ')
  return { '200': { description, content: Object.fromEntries(content) } }
}

/** One response for each status, which says what codes it can have. */
function failuresOf(route: DocumentedRoute, components: Record<string, JsonSchema>): Record<string, OpenApiResponse> {
  const { operation } = route.endpoint
  const codes = new Set([
    ...(operation.body === undefined ? [] : WITH_BODY),
    ...(route.access === 'key' ? WITH_KEY : []),
    ...(route.scope === undefined ? [] : WITH_SCOPE),
    ...operation.errors,
    ...ALWAYS,
  ])
  const schema = schemaOf(errorBodySchema, 'output', components)
  const linesByStatus = new Map<number, string[]>()
  for (const code of codes) {
    const { status, message, code: name = code } = errorRow(code)
    linesByStatus.set(status, [...(linesByStatus.get(status) ?? []), `\`${name}\`: ${message}`])
  }
  return Object.fromEntries(
    [...linesByStatus].map(([status, lines]) => [
      String(status),
      { description: lines.join('\n\n'), content: { 'application/json': { schema } } },
    ]),
  )
}

/** The JSON schema. Schemas with an id become components, here and wherever they are used inside. */
function schemaOf(
  schema: z.ZodType,
  io: 'input' | 'output',
  components: Record<string, JsonSchema>,
  fates?: Operation['fates'],
): JsonSchema {
  const {
    $schema: _,
    $defs: definitions,
    ...root
  } = toComponentRefs(z.toJSONSchema(schema, { io, unrepresentable: 'any' }))
  const named = isSchema(definitions) ? definitions : {}
  for (const [name, definition] of Object.entries(named)) {
    if (!isSchema(definition)) continue
    const isRoot = root['$ref'] === `#/components/schemas/${name}`
    components[name] = isRoot && fates !== undefined ? withFates(definition, fates) : definition
  }
  return root
}

function withFates(schema: JsonSchema, fates: Readonly<Record<string, string>>): JsonSchema {
  const properties = isSchema(schema['properties']) ? schema['properties'] : {}
  const told = Object.entries(properties).map(([name, property]) => {
    const fate = fates[name]
    return [name, isSchema(property) && fate !== undefined ? { ...property, 'x-fate': fate } : property]
  })
  return { ...schema, properties: Object.fromEntries(told) }
}

function toComponentRefs(schema: JsonSchema): JsonSchema {
  const text = JSON.stringify(schema, (key, value: unknown) =>
    key === '$ref' && typeof value === 'string' ? value.replace('#/$defs/', '#/components/schemas/') : value,
  )
  const copy: unknown = JSON.parse(text)
  return isSchema(copy) ? copy : {}
}

/** Whether a value is an object, which every JSON schema that zod writes is. */
export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
