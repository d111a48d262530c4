/** Limits that a schema's description tells in words, as programs write what constrained decoding does not take. */
import type { JsonObject } from './json-object.ts'

const NUMBERS: readonly (readonly [keyword: string, words: RegExp])[] = [
  ['minimum', /\bminimum (-?\d[\d.e+-]*)/],
  ['maximum', /\bmaximum (-?\d[\d.e+-]*)/],
  ['exclusiveMinimum', /\bgreater than (-?\d[\d.e+-]*)/],
  ['exclusiveMaximum', /\bless than (-?\d[\d.e+-]*)/],
  ['multipleOf', /\bmultiple of (\d[\d.e+-]*)/],
  ['minLength', /\bat least (\d+) characters/],
  ['maxLength', /\bat most (\d+) characters/],
  ['minItems', /\bat least (\d+) items/],
  ['maxItems', /\bat most (\d+) items/],
]

/** The schema with what its description says as keywords; its own keywords win. */
export function withWords(schema: JsonObject): JsonObject {
  const { description } = schema
  if (typeof description !== 'string') return schema
  const pattern = /\bmatches \/(.*?)\/(?=, |\)?$)/.exec(description)?.[1]
  const format = /\bformat ([\w-]+)/.exec(description)?.[1]
  const numbers = NUMBERS.flatMap(([keyword, words]) => {
    const [, number] = words.exec(description) ?? []
    return number === undefined ? [] : [[keyword, Number(number)] satisfies [string, number]]
  })
  return {
    ...Object.fromEntries(numbers),
    ...(pattern === undefined ? {} : { pattern }),
    ...(format === undefined ? {} : { format }),
    ...(/\bno item twice\b/.test(description) ? { uniqueItems: true } : {}),
    ...schema,
  }
}
