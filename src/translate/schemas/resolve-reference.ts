import type { JsonObject, JsonValue } from '../../turn/json.ts'
import { isJsonObject } from '../json-value.ts'

/** What a local reference (`#/$defs/Name`) points at, or nothing. */
export function resolveReference(root: JsonObject, reference: string): JsonValue | undefined {
  const [start, ...keys] = reference.split('/')
  if (start !== '#') return undefined
  let found: JsonValue | undefined = root
  for (const key of keys) {
    const name = referenceKey(key)
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    found = Array.isArray(found) ? found[Number(name)] : isJsonObject(found) ? found[name] : undefined
  }
  return found
}

/** A key as it is, from the form that it has in a reference. */
export function referenceKey(key: string): string {
  return unescapeUri(key).replaceAll('~1', '/').replaceAll('~0', '~')
}

function unescapeUri(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
