/**
 * A schema of an object whose top level is a reference or a combination (`$ref`, `allOf`, `anyOf`, `oneOf`), as one whose top
 * level is plain: the model API takes no other. The result allows all that the original allows, and may allow more; a property
 * that only some alternatives name has their schema in all.
 */
import type { JsonObject, JsonValue } from '../../turn/json.ts'
import { isJsonObject } from '../json-value.ts'
import { resolveReference } from './resolve-reference.ts'

const MAX_DEPTH = 64
/** Counted for everything that is looked at, however short: some 2 µs, in which a thousand characters are looked at. */
const STEP = 1000
/** The same for each name and keyword in it. */
const DETAIL = 300

/** What is said of an object. */
interface Shape {
  readonly properties: ReadonlyMap<string, JsonValue>
  readonly required: readonly string[]
  readonly additionalProperties: JsonValue | undefined
  /** All other keywords. */
  readonly others: JsonObject
}

/** References make a small schema large, or endless: how many characters may still be looked at. */
export interface Budget {
  left: number
}

const ANYTHING: Shape = { properties: new Map(), required: [], additionalProperties: undefined, others: {} }

export function isCombined(schema: JsonObject): boolean {
  return ['$ref', 'allOf', 'anyOf', 'oneOf'].some((keyword) => Object.hasOwn(schema, keyword))
}

export function allowsObject({ type }: JsonObject): boolean {
  return type === undefined || type === 'object' || (Array.isArray(type) && type.includes('object'))
}

/** Undefined where no object fits, a reference leads nowhere, or the schema is too large for the budget. */
export function flattenSchema(root: JsonObject, budget: Budget): JsonObject | undefined {
  const shapeOf = (schema: JsonValue | undefined, depth: number): Shape | undefined => {
    if (schema === true) return ANYTHING
    if (!isJsonObject(schema) || !allowsObject(schema) || depth > MAX_DEPTH) return undefined
    budget.left -= STEP + DETAIL * detailsOf(schema)
    if (budget.left < 0) return undefined
    const { $ref, allOf, anyOf, oneOf, type: _, properties, required, additionalProperties, ...others } = schema
    const own: Shape = {
      properties: new Map(isJsonObject(properties) ? Object.entries(properties) : []),
      required: listOf(required).filter((name) => typeof name === 'string'),
      additionalProperties,
      others,
    }
    const inside = (list: JsonValue | undefined) => listOf(list).map((branch) => shapeOf(branch, depth + 1))
    const parts = [
      own,
      ...(typeof $ref === 'string' ? [shapeOf(resolveReference(root, $ref), depth + 1)] : []),
      ...inside(allOf),
      ...[anyOf, oneOf].flatMap((list) => (Array.isArray(list) ? [either(inside(list), budget)] : [])),
    ]
    return both(parts, budget)
  }

  const shape = shapeOf(root, 0)
  if (shape === undefined || budget.left < 0) return undefined
  const { properties, required, additionalProperties, others } = shape
  return {
    ...others,
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required }),
    ...(additionalProperties === undefined ? {} : { additionalProperties }),
  }
}

/** The names and keywords that are gone through where it is looked at. */
function detailsOf(schema: JsonObject): number {
  const { properties, required } = schema
  return (
    Object.keys(schema).length +
    listOf(required).length +
    (isJsonObject(properties) ? Object.keys(properties).length : 0)
  )
}

function both(shapes: readonly (Shape | undefined)[], budget: Budget): Shape | undefined {
  const found = shapes.filter((shape) => shape !== undefined)
  if (found.length < shapes.length) return undefined
  return {
    properties: collect(found, 'allOf', budget),
    required: [...new Set(found.flatMap(({ required }) => required))],
    additionalProperties: found.find((shape) => shape.additionalProperties !== undefined)?.additionalProperties,
    others: Object.fromEntries(found.toReversed().flatMap(({ others }) => Object.entries(others))),
  }
}

/** Branches that no object fits, or that lead nowhere, do not count: arguments are always an object. */
function either(branches: readonly (Shape | undefined)[], budget: Budget): Shape | undefined {
  const found = branches.filter((shape) => shape !== undefined)
  const [first, ...rest] = found
  if (first === undefined) return undefined
  const isClosed = found.every(({ additionalProperties }) => additionalProperties === false)
  const others = rest.map(({ required }) => new Set(required))
  return {
    properties: collect(found, 'anyOf', budget),
    required: first.required.filter((name) => others.every((required) => required.has(name))),
    additionalProperties: isClosed ? false : undefined,
    others: {},
  }
}

/** The properties of all; those that differ under one name, combined by `keyword`. */
function collect(shapes: readonly Shape[], keyword: 'allOf' | 'anyOf', budget: Budget): Map<string, JsonValue> {
  const variants = new Map<string, Map<string, JsonValue>>()
  for (const { properties } of shapes) {
    for (const [name, schema] of properties) {
      if (budget.left < 0) break
      const text = JSON.stringify(schema)
      budget.left -= DETAIL + text.length
      const seen = variants.get(name) ?? new Map<string, JsonValue>()
      variants.set(name, seen.set(text, schema))
    }
  }
  return new Map(
    [...variants].map(([name, seen]) => {
      const [only, ...more] = seen.values()
      return [name, only === undefined || more.length > 0 ? { [keyword]: [...seen.values()] } : only]
    }),
  )
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : []
}
