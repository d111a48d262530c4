/** Checks a body against a schema, and says what is wrong with it in OpenAI's words and codes. */
import type { z } from 'zod'
import { ApiError, type ErrorCode } from '../errors.ts'
import { DECIMAL, INTEGER } from './number.ts'
import { paramPath, quote } from './quote.ts'

type Issue = z.core.$ZodIssue
type Path = readonly PropertyKey[]

/**
 * Every wrong value makes an issue: a million of them, 3 MB of body, would take 4 s and 700 MB; these a tenth of a second
 * and 30 MB. A request with 128 functions of 200 parameters each has 52,000.
 */
const MAX_VALUES = 60_000

/**
 * The body as the schema types it.
 * @throws ApiError naming the first parameter that is wrong; `request_too_large` for more than 60,000 values.
 */
export function parseBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  if (!holdsAtMost(MAX_VALUES, body)) {
    throw new ApiError('request_too_large', { message: `The request holds more than ${MAX_VALUES} values.` })
  }
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const [first] = parsed.error.issues
  throw first === undefined ? new ApiError('bad_request') : explain(first, [], body)
}

/** `at` is where the issue's own path begins, and `root` the whole body. */
function explain(issue: Issue, at: Path, root: unknown): ApiError {
  const path = [...at, ...issue.path]
  const input = valueAt(root, path)
  if (input === undefined && path.length > 0) {
    const param = paramPath(path)
    return new ApiError('missing_required_parameter', { message: `Missing required parameter: '${param}'.`, param })
  }
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(path, expected(issue), input)
    case 'invalid_value':
      if (typeof input !== 'string') return wrongType(path, expected(issue), input)
      return wrongValue(path, input, issue.values)
    case 'invalid_union':
      return wrongUnion(issue, path, root)
    case 'too_small':
      return tooSmall(issue, path, input)
    case 'too_big':
      return tooBig(issue, path, input)
    case 'invalid_format':
      return wrongForm(path, issue.pattern)
    case 'unrecognized_keys':
      return fault('unknown_parameter', [...path, issue.keys[0] ?? ''], 'unknown parameter.')
    case 'custom':
      if (issue.message === INTEGER) return wrongType(path, expected(issue), input)
      return fault('invalid_value', path, issue.message)
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
      return fault('invalid_value', path, 'this value is not allowed.')
  }
}

/** A union fails with the issues of every branch; the one whose type fits is the one that the caller meant. */
function wrongUnion(issue: z.core.$ZodIssueInvalidUnion, path: Path, root: unknown): ApiError {
  const input = valueAt(root, path)
  if (issue.discriminator !== undefined) {
    if (typeof input !== 'string') return wrongType(path, 'a string', input)
    return wrongValue(path, input, 'options' in issue ? (issue.options ?? []) : [])
  }
  const wanted: string[] = []
  for (const [first] of issue.errors) {
    if (first === undefined) continue
    if (!isTypeMismatch(first, input)) return explain(first, path, root)
    wanted.push(expected(first))
  }
  return wrongType(path, wanted.join(' or '), input)
}

function isTypeMismatch(issue: Issue, input: unknown): boolean {
  if (issue.path.length > 0) return false
  return issue.code === 'invalid_type' || (issue.code === 'invalid_value' && typeof input !== 'string')
}

function wrongType(path: Path, wanted: string, input: unknown): ApiError {
  const param = paramPath(path)
  const where = param === '' ? 'the body' : `'${param}'`
  return new ApiError('invalid_type', {
    message: `Invalid type for ${where}: expected ${wanted}, but got ${kind(input)} instead.`,
    param: param === '' ? null : param,
  })
}

function wrongValue(path: Path, input: unknown, allowed: readonly unknown[]): ApiError {
  const values = allowed.map(quote)
  const last = values.pop() ?? 'none'
  const list = values.length === 0 ? last : `${values.join(', ')}${values.length > 1 ? ',' : ''} and ${last}`
  return new ApiError('invalid_value', {
    message: `Invalid value: ${quote(input)}. Supported values are: ${list}.`,
    param: paramPath(path),
  })
}

function tooSmall(issue: z.core.$ZodIssueTooSmall, path: Path, input: unknown): ApiError {
  if (Array.isArray(input)) {
    const wish = `Expected an array with minimum length ${issue.minimum}`
    return fault('empty_array', path, `empty array. ${wish}, but got an empty array instead.`)
  }
  if (typeof input === 'string') {
    const wish = `Expected a string with minimum length ${issue.minimum}`
    return fault('invalid_value', path, `empty string. ${wish}, but got an empty string instead.`)
  }
  const code = issue.message === DECIMAL ? 'decimal_below_min_value' : 'integer_below_min_value'
  const kindOf = issue.message === DECIMAL ? 'decimal' : 'integer'
  const wish = `Expected a value >= ${issue.minimum}, but got ${quote(input)} instead.`
  return fault(code, path, `${kindOf} below minimum value. ${wish}`)
}

function tooBig(issue: z.core.$ZodIssueTooBig, path: Path, input: unknown): ApiError {
  if (Array.isArray(input)) {
    const wish = `Expected an array with maximum length ${issue.maximum}`
    const got = `an array with length ${input.length}`
    return fault('array_above_max_length', path, `array too long. ${wish}, but got ${got} instead.`)
  }
  if (typeof input === 'string') {
    const wish = `Expected a string with maximum length ${issue.maximum}`
    const got = `a string with length ${input.length}`
    return fault('string_above_max_length', path, `string too long. ${wish}, but got ${got} instead.`)
  }
  const code = issue.message === DECIMAL ? 'decimal_above_max_value' : 'integer_above_max_value'
  const kindOf = issue.message === DECIMAL ? 'decimal' : 'integer'
  const wish = `Expected a value <= ${issue.maximum}, but got ${quote(input)} instead.`
  return fault(code, path, `${kindOf} above maximum value. ${wish}`)
}

/** @param pattern as a regular expression is written: between slashes */
function wrongForm(path: Path, pattern: string | undefined): ApiError {
  if (pattern === undefined) return fault('invalid_value', path, 'string does not have the expected form.')
  const bare = pattern.replace(/^\/|\/[a-z]*$/g, '')
  return fault(
    'invalid_value',
    path,
    `string does not match pattern. Expected a string that matches the pattern '${bare}'.`,
  )
}

function fault(code: ErrorCode, path: Path, sentence: string): ApiError {
  const param = paramPath(path)
  return new ApiError(code, { message: `Invalid '${param}': ${sentence}`, param })
}

/** What an issue says was wanted, with its article. */
function expected(issue: Issue): string {
  if (issue.message === INTEGER) return 'an integer'
  if (issue.message === DECIMAL) return 'a decimal'
  if (issue.code === 'invalid_value') return 'a string'
  if (issue.code !== 'invalid_type') return 'another value'
  if (issue.expected === 'record') return 'an object'
  return /^[aeiou]/.test(issue.expected) ? `an ${issue.expected}` : `a ${issue.expected}`
}

/** What the caller sent, with its article. */
function kind(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (typeof value === 'number' && !Number.isFinite(value)) return 'a number beyond all bounds'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal number'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = Reflect.get(value, key)
  }
  return value
}

/** Counts without recursion: the caller decides how deep a body is. */
function holdsAtMost(most: number, body: unknown): boolean {
  const open = [body]
  let count = 1
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== 'object' || value === null) continue
    const children: unknown[] = Array.isArray(value) ? value : Object.values(value)
    count += children.length
    if (count > most) return false
    for (const child of children) if (typeof child === 'object') open.push(child)
  }
  return true
}
