/** What the model API's constrained decoding does not take of a JSON Schema, in words for the model. */
import type { JsonObject, JsonValue } from '../../turn/json.ts'

type Say = (value: JsonValue) => string | undefined

const text: Say = (value) => (typeof value === 'string' ? value : JSON.stringify(value))
const json =
  (keyword: string): Say =>
  (value) =>
    `${keyword}: ${JSON.stringify(value)}`
const phrase =
  (before: string, after = ''): Say =>
  (value) =>
    `${before} ${text(value) ?? ''}${after}`

const WORDS: ReadonlyMap<string, Say> = new Map<string, Say>([
  ['minimum', phrase('minimum')],
  ['maximum', phrase('maximum')],
  ['exclusiveMinimum', phrase('greater than')],
  ['exclusiveMaximum', phrase('less than')],
  ['multipleOf', phrase('multiple of')],
  ['minLength', phrase('at least', ' characters')],
  ['maxLength', phrase('at most', ' characters')],
  ['pattern', (value) => `matches /${text(value)}/`],
  ['format', phrase('format')],
  ['minItems', phrase('at least', ' items')],
  ['maxItems', phrase('at most', ' items')],
  ['uniqueItems', (value) => (value === true ? 'no item twice' : undefined)],
  ['minProperties', phrase('at least', ' properties')],
  ['maxProperties', phrase('at most', ' properties')],
  ['default', json('default')],
  ['examples', json('for example')],
  ...[
    'contains',
    'minContains',
    'maxContains',
    'propertyNames',
    'dependencies',
    'dependentRequired',
    'dependentSchemas',
    'not',
    'if',
    'then',
    'else',
    'contentEncoding',
    'contentMediaType',
  ].map((keyword): [string, Say] => [keyword, json(keyword)]),
])

export function hasWords(keyword: string): boolean {
  return WORDS.has(keyword)
}

/** The constraints of a schema that can only be told, but for those in `taken`; empty where there are none. */
export function constraintWords(schema: JsonObject, taken: ReadonlySet<string>): string {
  const said = Object.entries(schema).flatMap(([keyword, value]) => {
    const words = taken.has(keyword) ? undefined : WORDS.get(keyword)?.(value)
    return words === undefined ? [] : [words]
  })
  return said.join(', ')
}
