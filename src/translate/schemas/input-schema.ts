/** The `parameters` of a function as the schema of a call's input. */
import { ApiError } from '../../errors.ts'
import type { JsonObject } from '../../turn/json.ts'
import { clip, quote } from '../../wire/quote.ts'
import { allowsObject, type Budget, flattenSchema, isCombined } from './flatten-schema.ts'
import { isJsonObject, toJsonValue } from '../json-value.ts'

const NO_ARGUMENTS: JsonObject = { type: 'object', properties: {} }
/** For all tools of a request together: some tenths of a second. */
const MAX_CHARACTERS = 10_000_000

/** `param` is the place of the parameters in the request. */
export type ReadInputSchema = (
  parameters: Readonly<Record<string, unknown>> | null | undefined,
  place: { readonly name: string; readonly param: string },
) => JsonObject

/**
 * For the tools of one request. A schema stays as it is, but for a top level that the model API would refuse.
 * @throws ApiError `invalid_function_parameters` where it is not the schema of an object.
 */
export function createInputSchemaReader(): ReadInputSchema {
  const budget: Budget = { left: MAX_CHARACTERS }
  return (parameters, { name, param }) => {
    const schema = toJsonValue(parameters)
    if (!isJsonObject(schema) || Object.keys(schema).length === 0) return NO_ARGUMENTS
    const refuse = (why: string) =>
      new ApiError('invalid_function_parameters', { message: `Invalid schema for function '${name}': ${why}`, param })
    if (!allowsObject(schema)) {
      const { type } = schema
      const got = typeof type === 'string' ? `"${clip(type)}"` : quote(type)
      throw refuse(`schema must be a JSON Schema of 'type: "object"', got 'type: ${got}'.`)
    }
    if (!isCombined(schema)) return schema['type'] === 'object' ? schema : { ...schema, type: 'object' }
    const flat = flattenSchema(schema, budget)
    if (flat === undefined) throw refuse('its references and alternatives do not add up to the schema of an object.')
    return flat
  }
}
