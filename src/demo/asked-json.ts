/** JSON that the system prompt asks for in words: with a schema, or any object. */
import { isObject, type JsonObject } from './json-object.ts'

export type AskedJson = { readonly schema: JsonObject } | 'any'

export function findAskedJson(system: string): AskedJson | undefined {
  const [, text] = /<json-schema>\s*([\s\S]*?)\s*<\/json-schema>/.exec(system) ?? []
  if (text !== undefined) {
    const schema = parse(text)
    return isObject(schema) ? { schema } : undefined
  }
  return /\banswer with (?:one JSON object|JSON)\b/i.test(system) ? 'any' : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
