/** A small value that fits a JSON Schema: the required properties, the first choice, the shortest list. */
import { isObject, type JsonObject } from './json-object.ts'
import { resolveLocalRef } from './resolve-local-ref.ts'
import { sampleOfPattern } from './sample-of-pattern.ts'
import { withWords } from './words-of-schema.ts'

/** Proposes a value for a property of the object at the top; nothing leaves it to the sample. */
export type Propose = (name: string, schema: JsonObject, required: boolean) => unknown

/** Deeper than this only a schema goes that requires itself; no value fits it. */
const MOST_DEPTH = 32

const FORMATS = new Map([
  ['date-time', '2026-01-01T00:00:00Z'],
  ['date', '2026-01-01'],
  ['time', '00:00:00Z'],
  ['duration', 'P1D'],
  ['email', 'demo@example.com'],
  ['hostname', 'example.com'],
  ['uri', 'https://example.com/demo'],
  ['url', 'https://example.com/demo'],
  ['ipv4', '192.0.2.1'],
  ['ipv6', '2001:db8::1'],
  ['uuid', '00000000-0000-4000-8000-000000000000'],
])

export function sampleOfSchema(schema: JsonObject, propose: Propose = () => undefined): unknown {
  return sample(schema, schema, 0, propose)
}

function sample(root: JsonObject, node: unknown, depth: number, propose: Propose = () => undefined): unknown {
  if (!isObject(node) || depth > MOST_DEPTH) return null
  const schema = withWords(flatten(root, node))
  if ('const' in schema) return schema['const']
  if (Array.isArray(schema['enum'])) return schema['enum'][0]
  if ('default' in schema) return schema['default']
  const choice = firstOf(schema['anyOf']) ?? firstOf(schema['oneOf'])
  if (isObject(choice)) {
    const { anyOf: _anyOf, oneOf: _oneOf, ...rest } = schema
    return sample(root, merge(rest, choice), depth + 1, propose)
  }
  switch (typeOf(schema)) {
    case 'object':
      return sampleObject(root, schema, depth, propose)
    case 'array':
      return sampleArray(root, schema, depth)
    case 'integer':
    case 'number':
      return sampleNumber(schema)
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return sampleString(schema)
  }
}

/** With its reference resolved and its `allOf` merged in. */
function flatten(root: JsonObject, node: JsonObject, hops = 0): JsonObject {
  const { $ref, allOf, ...own } = node
  if (hops > MOST_DEPTH) return own
  const target = typeof $ref === 'string' ? resolveLocalRef(root, $ref) : undefined
  const parts = [target, ...(Array.isArray(allOf) ? allOf : [])].filter(isObject)
  return parts.reduce((merged, part) => merge(merged, flatten(root, part, hops + 1)), own)
}

function merge(a: JsonObject, b: JsonObject): JsonObject {
  const merged = { ...a, ...b }
  const required = [...listOf(a['required']), ...listOf(b['required'])]
  return {
    ...merged,
    ...(isObject(a['properties']) && isObject(b['properties'])
      ? { properties: { ...a['properties'], ...b['properties'] } }
      : {}),
    ...(required.length > 0 ? { required } : {}),
  }
}

function typeOf(schema: JsonObject): unknown {
  const { type } = schema
  if (Array.isArray(type)) return type.find((name) => name !== 'null') ?? 'null'
  if (type !== undefined) return type
  if ('properties' in schema || 'required' in schema) return 'object'
  return 'items' in schema ? 'array' : 'string'
}

function sampleObject(root: JsonObject, schema: JsonObject, depth: number, propose: Propose): JsonObject {
  const properties = isObject(schema['properties']) ? schema['properties'] : {}
  const required = listOf(schema['required'])
  const names = [...new Set([...Object.keys(properties), ...required])]
  const entries = names.flatMap((name): [string, unknown][] => {
    const own = Object.hasOwn(properties, name) ? properties[name] : {}
    const property = isObject(own) ? flatten(root, own) : {}
    const proposed = propose(name, property, required.includes(name))
    if (proposed !== undefined) return [[name, proposed]]
    return required.includes(name) ? [[name, sample(root, property, depth + 1)]] : []
  })
  return Object.fromEntries(entries)
}

function sampleArray(root: JsonObject, schema: JsonObject, depth: number): unknown[] {
  const { items: every = { type: 'string' }, prefixItems } = schema
  const first = [prefixItems, every].find((list) => Array.isArray(list)) ?? []
  const length = Math.min(numberOf(schema['minItems']) ?? 0, 100)
  const items = Array.from({ length }, (_, index) => sample(root, first[index] ?? every, depth + 1))
  return schema['uniqueItems'] === true ? items.map(distinct) : items
}

/** Texts and numbers that would be the same get a number of their own. */
function distinct(item: unknown, index: number): unknown {
  if (index === 0) return item
  if (typeof item === 'number') return item + index
  return typeof item === 'string' ? `${item}-${index + 1}` : item
}

function sampleNumber(schema: JsonObject): number {
  const whole = typeOf(schema) === 'integer'
  const above = numberOf(schema['exclusiveMinimum'])
  const below = numberOf(schema['exclusiveMaximum'])
  const least = numberOf(schema['minimum']) ?? (above === undefined ? undefined : above + 1)
  const most = numberOf(schema['maximum']) ?? (below === undefined ? undefined : below - 1)
  const start = Math.max(least ?? Math.min(1, most ?? 1), -Number.MAX_VALUE)
  const step = numberOf(schema['multipleOf']) ?? (whole ? 1 : undefined)
  if (step !== undefined && step > 0) return Math.ceil(start / step) * step
  if (above !== undefined && below !== undefined && start >= below) return (above + below) / 2
  return start
}

function sampleString(schema: JsonObject): string {
  const { format, pattern } = schema
  const text = typeof format === 'string' ? (FORMATS.get(format) ?? 'demo') : 'demo'
  if (typeof pattern === 'string' && !matches(text, pattern)) return sampleOfPattern(pattern)
  const least = Math.min(numberOf(schema['minLength']) ?? 0, 100_000)
  return text.padEnd(least, '-').slice(0, numberOf(schema['maxLength']))
}

function matches(text: string, pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(text)
  } catch {
    return false
  }
}

function firstOf(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined
}

function listOf(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((name) => typeof name === 'string') : []
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
