/**
 * A caller's JSON Schema as one that the model API's constrained decoding takes:
 * https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
 * Every keyword that it refuses is told to the model in the description. So the result may allow what the original does
 * not: answers are still held to the original.
 */
import type { JsonObject, JsonValue } from '../../turn/json.ts'
import { isJsonObject } from '../json-value.ts'
import { mergeSchemas } from './merge-schemas.ts'
import { referenceKey, resolveReference } from './resolve-reference.ts'
import { constraintWords, hasWords } from './schema-words.ts'

/** What the model API takes in all schemas of a request together, and how much may be looked at. */
export interface SchemaAllowance {
  optionalProperties: number
  unions: number
  /** Keywords and values that may still be looked at: references make a small schema large, or endless. */
  steps: number
}

export function createSchemaAllowance(): SchemaAllowance {
  return { optionalProperties: 24, unions: 16, steps: 50_000 }
}

const MAX_DEPTH = 64
/** More than this is no description any more. */
const MAX_WORDS = 2_000
const FORMATS: ReadonlySet<JsonValue | undefined> = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
])
const SCALARS: ReadonlySet<JsonValue> = new Set(['string', 'number', 'integer', 'boolean', 'null'])
const TYPES: ReadonlySet<JsonValue> = new Set([...SCALARS, 'object', 'array'])
/** These have no form that the model API takes, or refer in ways that it does not follow. */
const INEXPRESSIBLE = [
  'patternProperties',
  'prefixItems',
  'additionalItems',
  '$anchor',
  '$dynamicAnchor',
  '$dynamicRef',
  '$recursiveRef',
]
/** Keywords that hold nothing but definitions, or say nothing of a value. */
const NOTES: ReadonlySet<string> = new Set([
  '$schema',
  '$comment',
  '$defs',
  'definitions',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
])
const OF_OBJECTS = ['properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties', 'propertyNames']
const OF_ARRAYS = ['items', 'minItems', 'maxItems', 'uniqueItems', 'contains', 'minContains', 'maxContains']

class Inexpressible extends Error {}

interface Conversion {
  readonly root: JsonObject
  readonly left: SchemaAllowance
  /** Definitions that are used, by their reference. */
  readonly definitions: Map<string, JsonObject>
  /** References that are being followed: to meet one again is recursion. */
  readonly open: readonly string[]
}

/** Undefined where it has no such form; then `allowance` stays as it is. */
export function toNativeSchema(root: JsonObject, allowance: SchemaAllowance): JsonObject | undefined {
  const left = { ...allowance }
  const definitions = new Map<string, JsonObject>()
  try {
    const { $id: _, ...rest } = root
    const schema = convert(rest, 0, { root, left, definitions, open: [] })
    Object.assign(allowance, left)
    return { ...schema, ...groups(definitions) }
  } catch (error) {
    allowance.steps = left.steps
    if (error instanceof Inexpressible) return undefined
    throw error
  }
}

function groups(definitions: ReadonlyMap<string, JsonObject>): JsonObject {
  const all: Record<string, Record<string, JsonValue>> = {}
  for (const [reference, schema] of definitions) {
    const [, group = '', key = ''] = reference.split('/')
    all[group] = { ...all[group], [referenceKey(key)]: schema }
  }
  return all
}

function convert(schema: JsonValue | undefined, depth: number, at: Conversion): JsonObject {
  if (!isJsonObject(schema) || depth > MAX_DEPTH) throw new Inexpressible()
  count(at, 'steps', costOf(schema))
  if (INEXPRESSIBLE.some((keyword) => hasContent(schema[keyword])) || '$id' in schema) throw new Inexpressible()
  const { $ref, allOf, anyOf, oneOf } = schema
  if (typeof $ref === 'string') return convertReference($ref, schema, depth, at)
  if (Array.isArray(allOf)) return convert(mergeParts(schema, at), depth + 1, at)
  if ('const' in schema || 'enum' in schema) return convertLiterals(schema)
  const branches = anyOf ?? oneOf
  if (Array.isArray(branches)) return convertUnion(schema, branches, depth, at)
  const types = typesOf(schema)
  const [type, ...others] = types
  if (type === undefined || !types.every((name) => TYPES.has(name))) throw new Inexpressible()
  if (others.length === 0) return convertType(schema, type, depth, at)
  count(at, 'unions', 1)
  if (types.every((name) => SCALARS.has(name))) return { type: types, ...scalarRest(schema) }
  const { title, description, ...rest } = schema
  const anyOfTypes = types.map((name) => convertType(onlyFor(name, rest), name, depth + 1, at))
  return { anyOf: anyOfTypes, ...notes({ ...pick('title', title), ...pick('description', description) }) }
}

function convertType(schema: JsonObject, type: JsonValue, depth: number, at: Conversion): JsonObject {
  if (type === 'object') return convertObject(schema, depth, at)
  if (type === 'array') return convertArray(schema, depth, at)
  return { type, ...scalarRest(schema) }
}

function convertObject(schema: JsonObject, depth: number, at: Conversion): JsonObject {
  const { properties, required = [], additionalProperties: others } = schema
  const known = isJsonObject(properties) ? properties : {}
  const names = Object.keys(known)
  const needed = new Set(Array.isArray(required) ? required : [])
  const isMap = isJsonObject(others) && Object.keys(others).length > 0
  const isFree = names.length === 0 && others !== false
  if (isMap || isFree || [...needed].some((name) => typeof name !== 'string' || !Object.hasOwn(known, name))) {
    throw new Inexpressible()
  }
  count(at, 'optionalProperties', names.length - needed.size)
  return {
    type: 'object',
    ...notes(schema),
    properties: Object.fromEntries(names.map((name) => [name, convert(known[name], depth + 1, at)])),
    ...(needed.size === 0 ? {} : { required: [...needed] }),
    additionalProperties: false,
  }
}

function convertArray(schema: JsonObject, depth: number, at: Conversion): JsonObject {
  const { items, minItems } = schema
  const isTaken = minItems === 0 || minItems === 1
  return {
    type: 'array',
    ...notes(schema, isTaken ? ['minItems'] : []),
    items: convert(items, depth + 1, at),
    ...(isTaken ? { minItems } : {}),
  }
}

function convertLiterals(schema: JsonObject): JsonObject {
  const { enum: values, const: value } = schema
  const literals = [...(Array.isArray(values) ? values : []), ...('const' in schema ? [value] : [])]
  const isPlain = literals.every((literal) => literal === null || typeof literal !== 'object')
  if (!isPlain || literals.length === 0) throw new Inexpressible()
  const hasType = literals.every((literal) => typeOf(literal) === schema['type'])
  return {
    ...(hasType ? pick('type', schema['type']) : {}),
    ...pick('enum', values),
    ...pick('const', value),
    ...notes(schema),
  }
}

function typeOf(literal: JsonValue | undefined): string {
  if (literal === null) return 'null'
  return typeof literal === 'number' && Number.isInteger(literal) ? 'integer' : typeof literal
}

function convertUnion(schema: JsonObject, branches: readonly JsonValue[], depth: number, at: Conversion): JsonObject {
  const { type, anyOf, oneOf, ...rest } = schema
  const isPlain = Object.keys(rest).every((keyword) => NOTES.has(keyword) || hasWords(keyword))
  if (!isPlain || branches.length === 0 || (anyOf !== undefined && oneOf !== undefined)) throw new Inexpressible()
  if (branches.length > 1) count(at, 'unions', 1)
  const typed = (branch: JsonValue): JsonValue =>
    isJsonObject(branch) && type !== undefined && !isTyped(branch) ? { type, ...branch } : branch
  return { anyOf: branches.map((branch) => convert(typed(branch), depth + 1, at)), ...notes(rest) }
}

function isTyped(schema: JsonObject): boolean {
  return ['type', '$ref', 'enum', 'const', 'anyOf', 'oneOf', 'allOf'].some((keyword) => keyword in schema)
}

/** A definition stays one. What else is referred to, or is described anew where it is used, is put in its place. */
function convertReference($ref: string, schema: JsonObject, depth: number, at: Conversion): JsonObject {
  const { $ref: _, ...others } = schema
  const target = resolveReference(at.root, $ref)
  if (!isJsonObject(target) || at.open.includes($ref)) throw new Inexpressible()
  const opened = { ...at, open: [...at.open, $ref] }
  const hasMore = Object.keys(others).some((keyword) => !NOTES.has(keyword))
  if (hasMore) return convert({ allOf: [others, { $ref }] }, depth + 1, at)
  if (others['description'] !== undefined || !/^#\/(?:\$defs|definitions)\/[^/]+$/.test($ref)) {
    return convert({ ...target, ...others }, depth + 1, opened)
  }
  const known = at.definitions.get($ref)
  if (known === undefined) at.definitions.set($ref, convert(target, depth + 1, opened))
  return { $ref }
}

function mergeParts(schema: JsonObject, at: Conversion, hops = 0): JsonObject {
  const { $ref, allOf, ...own } = schema
  if (hops > MAX_DEPTH) throw new Inexpressible()
  count(at, 'steps', costOf(schema))
  const target = typeof $ref === 'string' ? [resolveReference(at.root, $ref)] : []
  const parts = [...target, ...(Array.isArray(allOf) ? allOf : [])].map((part) => {
    if (!isJsonObject(part)) throw new Inexpressible()
    return mergeParts(part, at, hops + 1)
  })
  const merged = mergeSchemas([own, ...parts], (values) => count(at, 'steps', values))
  if (merged === undefined) throw new Inexpressible()
  return merged
}

function typesOf({ type, nullable, ...rest }: JsonObject): readonly JsonValue[] {
  const named = Array.isArray(type) ? type : type === undefined ? [] : [type]
  const isObject = 'properties' in rest || 'required' in rest || 'additionalProperties' in rest
  const guessed = isObject ? 'object' : 'items' in rest ? 'array' : undefined
  const types = named.length === 0 && guessed !== undefined ? [guessed] : named
  return [...new Set<JsonValue>([...types, ...(nullable === true && types.length > 0 ? ['null'] : [])])]
}

function onlyFor(type: JsonValue, schema: JsonObject): JsonObject {
  const foreign = new Set([...(type === 'object' ? [] : OF_OBJECTS), ...(type === 'array' ? [] : OF_ARRAYS)])
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => !foreign.has(keyword)))
}

function scalarRest(schema: JsonObject): JsonObject {
  const { format } = schema
  if (!FORMATS.has(format)) return notes(schema)
  return { ...notes(schema, ['format']), ...pick('format', format) }
}

/** Title and description, with what cannot be said otherwise in words. */
function notes(schema: JsonObject, taken: readonly string[] = []): JsonObject {
  const { title, description } = schema
  const words = constraintWords(schema, new Set(taken))
  if (words.length > MAX_WORDS) throw new Inexpressible()
  const told = typeof description === 'string' && description !== '' ? description : undefined
  const full = words === '' ? told : told === undefined ? words : `${told} (${words})`
  return { ...pick('title', title), ...pick('description', full) }
}

function pick(name: string, value: JsonValue | undefined): JsonObject {
  return value === undefined ? {} : { [name]: value }
}

/** Without what is inside of it: that is counted when it is looked at. */
function costOf(schema: JsonObject): number {
  const lengths = Object.values(schema).map((value) => (Array.isArray(value) ? value.length : 1))
  return lengths.reduce((sum, length) => sum + length, 1)
}

function count(at: Conversion, what: keyof SchemaAllowance, number: number): void {
  at.left[what] -= number
  if (at.left[what] < 0) throw new Inexpressible()
}

function hasContent(value: JsonValue | undefined): boolean {
  return value !== undefined && !(isJsonObject(value) && Object.keys(value).length === 0)
}
