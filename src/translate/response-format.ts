/**
 * The form in which a caller wants the answer. A schema holds natively where the model and the schema allow it, and is
 * told to the model in words otherwise; in both cases the answer is checked against the caller's own schema.
 */
import { ApiError } from '../errors.ts'
import type { SchemaValidator } from '../json-schema/schema-validator.ts'
import type { JsonObject } from '../turn/json.ts'
import type { ChatRequest } from '../wire/chat-request.ts'
import { clip } from '../wire/quote.ts'
import { type CheckAnswer, holdAnswerTo, isJsonObjectText, isJsonText } from './answers/held-answer.ts'
import { type JsonStart, readJsonText } from './answers/json-text.ts'
import { isJsonObject, toJsonValue } from './json-value.ts'
import type { Reading } from './answers/reading.ts'

type ResponseFormat = NonNullable<ChatRequest['response_format']>
type SchemaFormat = Extract<ResponseFormat, { type: 'json_schema' }>

export interface FormatNeeds {
  readonly outputSchema?: JsonObject
  /** For the end of the system prompt: there it stays the same over a conversation. */
  readonly instruction?: string
  readonly readings: readonly Reading[]
}

export interface FormatMeans {
  /** A schema as the model API can hold an answer to it; undefined where it cannot. */
  readonly nativeSchema: (schema: JsonObject) => JsonObject | undefined
  readonly validate: SchemaValidator['validate']
  /** The model may call functions instead. */
  readonly hasTools: boolean
}

/** @throws ApiError `invalid_json_schema` that says where the schema is wrong. */
export async function checkResponseFormat(
  { response_format: format }: Pick<ChatRequest, 'response_format'>,
  schemas: Pick<SchemaValidator, 'check'>,
): Promise<void> {
  if (format?.type !== 'json_schema') return
  const schema = schemaOf(format)
  if (schema === undefined) return
  const fault = await schemas.check(schema)
  if (fault === undefined) return
  const place = fault.place.map((step) => `'${clip(step)}'`).join(', ')
  const where = fault.place.length === 1 ? `(${place},)` : `(${place})`
  throw invalidSchema(format, `${fault.place.length === 0 ? '' : `In context=${where}, `}${fault.message}.`)
}

export function meetResponseFormat(format: ResponseFormat | null | undefined, means: FormatMeans): FormatNeeds {
  switch (format?.type) {
    case undefined:
    case 'text':
      return { readings: [] }
    case 'json_object':
      return inWords('one JSON object', 'object', isJsonObjectText, means)
    case 'json_schema': {
      const schema = schemaOf(format)
      return schema === undefined ? inWords('JSON', 'structure', isJsonText, means) : meetSchema(format, schema, means)
    }
  }
}

function meetSchema(format: SchemaFormat, schema: JsonObject, means: FormatMeans): FormatNeeds {
  const check: CheckAnswer = async (text) => {
    const verdict = await means.validate(schema, text)
    if (verdict.type === 'endless') {
      throw invalidSchema(format, 'to check an answer against it takes too long.')
    }
    return verdict.type === 'misfit' ? verdict.message : undefined
  }
  const { description, name } = format.json_schema
  const outputSchema = means.nativeSchema(description ? { description, ...schema } : schema)
  if (outputSchema !== undefined) return { outputSchema, readings: [holdAnswerTo(check)] }
  const about = description ? ` (${description})` : ''
  const what = `JSON that fits the schema ${name}${about}`
  return inWords(what, startOf(schema), check, means, `\n<json-schema>\n${JSON.stringify(schema)}\n</json-schema>`)
}

function inWords(
  what: string,
  start: JsonStart,
  check: CheckAnswer,
  { hasTools }: FormatMeans,
  more = '',
): FormatNeeds {
  const unless = hasTools ? 'Unless you call a function, answer' : 'Answer'
  const instruction =
    `<response-format>\n${unless} with ${what}, and with nothing else: no words before or after it, no Markdown.` +
    `${more}\n</response-format>`
  return { instruction, readings: [readJsonText(start), holdAnswerTo(check)] }
}

function schemaOf({ json_schema: { schema } }: SchemaFormat): JsonObject | undefined {
  const value = toJsonValue(schema)
  return isJsonObject(value) ? value : undefined
}

/** What the schema says of itself at its top; what it refers to is not followed. */
function startOf({ type, ...rest }: JsonObject): JsonStart {
  if (type === 'object' || (type === undefined && 'properties' in rest)) return 'object'
  if (type === 'array' || (type === undefined && 'items' in rest)) return 'array'
  const isStructured = type === undefined && !('enum' in rest) && !('const' in rest)
  return isStructured ? 'structure' : 'any'
}

function invalidSchema({ json_schema: { name } }: SchemaFormat, why: string): ApiError {
  const message = `Invalid schema for response_format '${clip(name)}': ${why}`
  return new ApiError('invalid_json_schema', { message, param: 'response_format' })
}
