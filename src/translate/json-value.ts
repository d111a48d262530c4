/** JSON of a caller's that goes to the model. */
import type { JsonObject, JsonValue } from '../turn/json.ts'
import { replaceHalves } from './replace-halves.ts'

/** What came as JSON, free of what cannot be sent on: halves of characters, numbers beyond all bounds. */
export function toJsonValue(value: unknown): JsonValue {
  if (typeof value === 'string') return replaceHalves(value)
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'object' || value === null) return null
  if (Array.isArray(value)) return value.map(toJsonValue)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [replaceHalves(key), toJsonValue(inner)]))
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
