/** A caller's JSON Schema as a check of values. Runs in a thread of its own: both steps can take for ever. */
import { Ajv, type ErrorObject, type Options } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

/** Where in the schema it goes wrong, as keys from the top, and why. */
export interface SchemaFault {
  readonly message: string
  readonly place: readonly string[]
}

/** Says what is wrong with a value; undefined where it fits. */
export type CheckValue = (value: unknown) => string | undefined

export type Compiled = { readonly check: CheckValue } | { readonly fault: SchemaFault }

export type CompileSchema = (schema: unknown) => Compiled

/**
 * With `allErrors` the code has no blocks in blocks: for 5,000 properties those take V8 9 s, in which nothing can end the
 * thread; side by side 0.2 s.
 */
const OPTIONS: Options = { strict: false, allErrors: true, logger: false }

/**
 * Takes draft 2020-12, and draft-07 where `$schema` names it or an older one, or where only draft-07 takes it as valid
 * (`items` as a list). Keywords that are in neither are ignored, like formats that nobody knows.
 */
export function createSchemaCompiler(): CompileSchema {
  const latest = new Ajv2020(OPTIONS)
  const draft7 = new Ajv(OPTIONS)

  const chooseDialect = (schema: object, declared: unknown): SchemaFault | '2020-12' | 'draft-07' => {
    if (typeof declared === 'string' && /draft-0[3-7]\b/.test(declared)) return faultOf(draft7, schema) ?? 'draft-07'
    const fault = faultOf(latest, schema)
    if (fault === undefined) return '2020-12'
    return faultOf(draft7, schema) === undefined ? 'draft-07' : fault
  }

  return (given) => {
    if (typeof given !== 'object' || given === null) return { check: () => undefined }
    // `$async` is Ajv's own: its checks would answer with promises.
    const schema = withoutKeys(given, ['$schema', '$async'])
    const dialect = chooseDialect(schema, Reflect.get(given, '$schema'))
    if (typeof dialect === 'object') return { fault: dialect }
    try {
      return { check: compile(schema, dialect) }
    } catch (error) {
      if (!isAboutNullable(error)) return { fault: explain(error, schema) }
    }
    try {
      return { check: compile(withoutLoneNullable(schema), dialect) }
    } catch (error) {
      return { fault: explain(error, schema) }
    }
  }
}

function faultOf(ajv: Ajv, schema: object): SchemaFault | undefined {
  if (ajv.validateSchema(schema) === true) return undefined
  const [first] = ajv.errors ?? []
  return { message: first?.message ?? 'this is not a JSON schema', place: stepsOf(first?.instancePath ?? '') }
}

/** An instance of its own for each schema: ids and references of one caller must not be seen by the next. */
function compile(schema: object, dialect: '2020-12' | 'draft-07'): CheckValue {
  const options: Options = {
    ...OPTIONS,
    meta: false,
    validateSchema: false,
    code: { regExp: readPattern, optimize: false },
  }
  const ajv = dialect === '2020-12' ? new Ajv2020(options) : new Ajv(options)
  formats.default(ajv)
  // Programs write local times, and JSON Schema makes a format a hint: no answer should fail for a missing offset.
  for (const name of ['time', 'date-time'] as const) ajv.addFormat(name, formats.default.get(`iso-${name}`))
  const validate = ajv.compile(schema)
  return (value) => (validate(value) ? undefined : describe(validate.errors?.[0]))
}

class BadPattern extends Error {
  readonly pattern: string
  constructor(pattern: string, cause: unknown) {
    super('this regular expression is not valid', { cause })
    this.pattern = pattern
  }
}

/** Unicode mode is the rule, but many patterns in use (`\_`, `\@`) are only valid without. */
function readPattern(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, flags)
  } catch {
    try {
      return new RegExp(pattern)
    } catch (error) {
      throw new BadPattern(pattern, error)
    }
  }
}
readPattern.code = 'new RegExp'

function explain(error: unknown, schema: object): SchemaFault {
  if (error instanceof BadPattern) {
    return { message: error.message, place: findPlace(schema, 'pattern', error.pattern) }
  }
  if (error instanceof Ajv.MissingRefError) {
    const fragment = error.missingRef.replace(/^[^#]*/, '')
    const place = [error.missingRef, fragment].map((ref) => findPlace(schema, '$ref', ref)).find(hasSteps) ?? []
    return { message: 'this reference leads nowhere', place }
  }
  if (error instanceof RangeError) return { message: 'it is too large', place: [] }
  return { message: error instanceof Error ? error.message : 'this is not a JSON schema', place: [] }
}

function hasSteps(place: readonly string[]): boolean {
  return place.length > 0
}

/** Where a keyword has this value: the first place, and nothing where there is none. */
function findPlace(schema: object, keyword: string, value: string): readonly string[] {
  const open: [object, readonly string[]][] = [[schema, []]]
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const [node, place] = next
    for (const [key, child] of Object.entries(node)) {
      if (key === keyword && child === value) return [...place, key]
      if (typeof child === 'object' && child !== null) open.push([child, [...place, key]])
    }
  }
  return []
}

function describe(error: ErrorObject | undefined): string {
  return `${error?.instancePath === '' ? 'the value' : (error?.instancePath ?? '')} ${error?.message ?? 'does not fit'}`
}

function stepsOf(pointer: string): readonly string[] {
  const steps = pointer.split('/').slice(1)
  return steps.map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'))
}

function withoutKeys(value: object, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !names.includes(key)))
}

/** Ajv takes OpenAPI's `nullable` only beside a `type`; elsewhere it says nothing that a JSON schema says. */
function isAboutNullable(error: unknown): boolean {
  return error instanceof Error && error.message.includes('"nullable"')
}

function withoutLoneNullable(value: object): object {
  const entries = Object.entries(value).filter(
    ([key, inner]) => key !== 'nullable' || typeof inner !== 'boolean' || 'type' in value,
  )
  const cleaned = entries.map(([key, inner]: [string, unknown]): [string, unknown] => [
    key,
    Array.isArray(inner)
      ? inner.map((item: unknown) => (typeof item === 'object' && item !== null ? withoutLoneNullable(item) : item))
      : typeof inner === 'object' && inner !== null
        ? withoutLoneNullable(inner)
        : inner,
  ])
  return Object.fromEntries(cleaned)
}
