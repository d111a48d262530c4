/** The arguments of calls in the messages of a request: JSON in strings, of which nobody has seen how much is in it. */
import { createJsonMeter } from '../../json-meter.ts'
import type { JsonObject } from '../../turn/json.ts'
import { isJsonObject, toJsonValue } from '../json-value.ts'

/** As deep as a body may be. */
const MAX_DEPTH = 64
/** Of all calls of a request. 18 MB of nothing but commas would take 14 s to parse, and 3 GB. */
const MAX_VALUES = 30_000
/** In characters. */
const MEASURED_AT_ONCE = 65_536

export type ReadArguments = (text: string) => JsonObject

/**
 * For the calls of one request. What a model wrote is not always a JSON object: an answer can end in the midst of its
 * arguments. OpenAI takes any text here, and the program goes on by telling the model of the mistake. So does this: the text
 * is kept under a key of its own, as is what is too deep or too much.
 */
export function createArgumentsReader(): ReadArguments {
  let left = MAX_VALUES
  return (text) => {
    if (text.trim() === '') return {}
    const values = measure(text, left)
    try {
      const value = values === undefined ? undefined : toJsonValue(JSON.parse(text))
      if (isJsonObject(value)) {
        left -= values ?? 0
        return value
      }
    } catch {
      // Kept as text below.
    }
    return { _raw: toJsonValue(text) }
  }
}

/** How many values are in it, without parsing it. Undefined where there are more than `most`, or it is too deep. */
function measure(text: string, most: number): number | undefined {
  const encoder = new TextEncoder()
  const meter = createJsonMeter()
  let found = 0
  for (let at = 0; at < text.length; at += MEASURED_AT_ONCE) {
    const { depth, values } = meter.feed(encoder.encode(text.slice(at, at + MEASURED_AT_ONCE)))
    if (depth > MAX_DEPTH || values > most) return undefined
    found = values
  }
  return found
}
