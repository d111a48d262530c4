import type { ToolCallAnswer } from './answer.ts'
import type { JsonObject } from './json-object.ts'
import type { MessagesRequest, RequestTool } from './request-shape.ts'
import { type Propose, sampleOfSchema } from './sample-of-schema.ts'

/** How a model is told so that takes no `tool_choice` that forces it. */
const HAS_TO_CALL = /\banswer by calling\b/i

/** The calls that a request asks for: a forced one, else every tool that the user names. */
export function callTools(request: MessagesRequest, text: string, newId: (prefix: string) => string): ToolCallAnswer[] {
  return wanted(request, text).map((tool) => {
    const input = JSON.stringify(sampleOfSchema(tool.input_schema ?? { type: 'object' }, proposeFrom(text)))
    return { type: 'tool_use', id: newId('toolu'), name: tool.name, pieces: input.match(/.{1,12}/gsu) ?? [] }
  })
}

function wanted({ tools, tool_choice: choice }: MessagesRequest, text: string): RequestTool[] {
  const offered = tools ?? []
  const named = offered.filter(({ name }) => names(text, name))
  const most =
    choice !== undefined &&
    choice !== null &&
    'disable_parallel_tool_use' in choice &&
    choice.disable_parallel_tool_use === true
      ? 1
      : named.length
  switch (choice?.type) {
    case 'none':
      return []
    case 'tool':
      return offered.filter(({ name }) => name === choice.name)
    case 'any':
      return named.length > 0 ? named.slice(0, most) : offered.slice(0, 1)
    case 'auto':
    case undefined:
      return named.length === 0 && HAS_TO_CALL.test(text) ? offered.slice(0, 1) : named.slice(0, most)
  }
}

/** As a whole word, and for `mcp__server__tool` also the tool's own name. */
function names(text: string, tool: string): boolean {
  const short = /^mcp__.+?__(.+)$/.exec(tool)?.[1]
  return [tool, short].some((name) => name !== undefined && new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(text))
}

/**
 * Arguments out of the user's text: `city: Paris` or `city=Paris` for that property, a choice that the text names, its
 * first number, and for a plain string what is quoted or reads like a name behind a preposition.
 */
function proposeFrom(text: string): Propose {
  return (name, schema, required) => {
    const given = givenFor(text, name)
    if (given === undefined && !required) return undefined
    if (Array.isArray(schema['enum'])) {
      return (
        schema['enum'].find((value) => value === given) ??
        schema['enum'].find((value) => typeof value === 'string' && text.includes(value))
      )
    }
    switch (schema['type']) {
      case 'string':
        return fitsPlain(schema) ? (given ?? nameIn(text)) : undefined
      case 'number':
      case 'integer':
        return fitsPlain(schema) ? numberIn(given ?? text, schema['type'] === 'integer') : undefined
      case 'boolean':
        return given === undefined ? undefined : given === 'true'
      default:
        return undefined
    }
  }
}

function givenFor(text: string, name: string): string | undefined {
  const key = name.replaceAll(/[^\w-]/g, '\\$&')
  const match = new RegExp(`(?<![\\w-])"?${key}"?\\s*[=:]\\s*(?:"([^"]*)"|([^\\s,;}]+))`, 'u').exec(text)
  return match?.[1] ?? match?.[2]
}

function nameIn(text: string): string | undefined {
  return (
    /"([^"]+)"/.exec(text)?.[1] ??
    /\b(?:in|for|of|at|to|about)\s+(\p{Lu}[\p{L}\d-]*(?:\s\p{Lu}[\p{L}\d-]*)*)/u.exec(text)?.[1]
  )
}

function numberIn(text: string, whole: boolean): number | undefined {
  const [found] = (whole ? /-?\d+/ : /-?\d+(?:\.\d+)?/).exec(text) ?? []
  return found === undefined ? undefined : Number(found)
}

const LIMITS = [
  'const',
  'default',
  'format',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
]

/** Nothing limits it: whatever the text says will do. */
function fitsPlain(schema: JsonObject): boolean {
  return LIMITS.every((limit) => !(limit in schema))
}
