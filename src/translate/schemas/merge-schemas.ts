/** The parts of an `allOf` as one schema: the model API takes closed objects only, and no value fits two of them at once. */
import type { JsonObject, JsonValue } from '../../turn/json.ts'
import { isJsonObject } from '../json-value.ts'

/** Is told how many values are looked at; throws when they become too many. */
export type Spend = (values: number) => void

/** Undefined where two parts say different things of the same. The first part's title and description win. */
export function mergeSchemas(parts: readonly JsonObject[], spend: Spend): JsonObject | undefined {
  const merged = new Map<string, JsonValue>()
  for (const [key, value] of parts.flatMap((part) => Object.entries(part))) {
    const known = merged.get(key)
    const both = known === undefined ? value : combine(key, known, value, spend)
    if (both === undefined) return undefined
    merged.set(key, both)
  }
  return Object.fromEntries(merged)
}

function combine(key: string, a: JsonValue, b: JsonValue, spend: Spend): JsonValue | undefined {
  if (key === 'title' || key === 'description') return a
  if (key === 'additionalProperties' && (a === false || b === false)) return false
  if (key === 'required' && Array.isArray(a) && Array.isArray(b)) {
    spend(a.length + b.length)
    return [...new Set<JsonValue>([...a, ...b])]
  }
  if (key === 'properties' && isJsonObject(a) && isJsonObject(b)) return mergeProperties(a, b, spend)
  return isSame(a, b, spend) ? a : undefined
}

function mergeProperties(a: JsonObject, b: JsonObject, spend: Spend): JsonObject | undefined {
  spend(Object.keys(a).length + Object.keys(b).length)
  const fits = Object.entries(b).every(([name, schema]) => {
    const known = Object.hasOwn(a, name) ? a[name] : undefined
    return known === undefined || isSame(known, schema, spend)
  })
  return fits ? { ...a, ...b } : undefined
}

/** Whatever the order of their keys. */
export function isSame(a: JsonValue, b: JsonValue, spend: Spend): boolean {
  spend(1)
  if (a === b) return true
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return false
  const [inA, inB] = [Object.entries(a), new Map<string, JsonValue>(Object.entries(b))]
  if (Array.isArray(a) !== Array.isArray(b) || inA.length !== inB.size) return false
  spend(inB.size)
  return inA.every(([key, value]: [string, JsonValue]) => {
    const other = inB.get(key)
    return other !== undefined && isSame(value, other, spend)
  })
}
