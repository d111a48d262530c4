import {
  createSchemaValidator,
  type SchemaValidator,
  type SchemaValidatorOptions,
} from '../../src/json-schema/schema-validator.ts'

/** As it is built: a thread that runs from the sources starts a compiler of its own, which outlives it as a zombie. */
export function createTestSchemas(options: SchemaValidatorOptions = {}): SchemaValidator {
  const thread = new URL('../../dist/json-schema/schema-thread.js', import.meta.url)
  return createSchemaValidator({ thread, ...options })
}
