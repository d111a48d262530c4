/** The headers by which a request says how it wants Claude Code's own tools. */
import { ApiError } from '../errors.ts'
import { clip, quote } from '../wire/quote.ts'
import type { PermissionMode } from '../wire/tools.ts'
import { toolNamed } from './tool-names.ts'
import type { OwnToolName } from '../turn/own-tools.ts'

/** By their lower-case names. */
export type ToolHeaders = Readonly<Record<string, string>>

/** Read elsewhere: the folder, the servers, and whether the caller wants to be told what the tools do. */
const OTHER_HEADERS = ['x-claude-workspace', 'x-claude-mcp-servers', 'x-claude-tool-events']

const HEADERS = [
  'x-claude-allowed-tools',
  'x-claude-disallowed-tools',
  'x-claude-max-turns',
  'x-claude-permission-mode',
  'x-claude-max-thinking-tokens',
  ...OTHER_HEADERS,
]

const MOST_THINKING_TOKENS = 1_000_000

/** @throws ApiError for one that nobody reads, and for any without `enable_tools`: said, and not dropped */
export function checkToolHeaders(headers: ToolHeaders, { isEnabled }: { readonly isEnabled: boolean }): void {
  for (const name of Object.keys(headers)) {
    if (!HEADERS.includes(name)) throw unsupported(name, 'is not supported.')
    if (!isEnabled) throw unsupported(name, "needs 'enable_tools: true', which chat completions take.")
  }
}

function unsupported(name: string, why: string): ApiError {
  return new ApiError('unsupported_parameter', { message: `The header ${quote(name)} ${why}`, param: clip(name) })
}

export interface NamedTools {
  /** Claude Code's own. */
  readonly own: readonly OwnToolName[]
  /** Those of MCP servers, as `mcp__<server>__<tool>`. */
  readonly served: readonly string[]
}

/** Undefined where the header is not there. @throws ApiError for a name that no tool can have */
export function readTools(
  headers: ToolHeaders,
  header: 'x-claude-allowed-tools' | 'x-claude-disallowed-tools',
): NamedTools | undefined {
  const value = headers[header]
  if (value === undefined) return undefined
  const names = value.split(',').map((name) => name.trim())
  const given = names.filter((name) => name !== '')
  if (given.length === 0) throw invalid(header, 'expected names of tools with commas between them.')
  for (const name of given) {
    // Rules on parts of a command have been got around again and again.
    if (/[()*:]/.test(name)) throw invalid(header, `only whole tools can be named, not ${quote(name)}.`)
    if (toolNamed(name) === undefined && !SERVED.test(name)) {
      throw invalid(header, `there is no tool ${quote(name)}. GET /v1/tools lists all.`)
    }
  }
  return {
    own: [...new Set(given.flatMap((name) => toolNamed(name) ?? []))],
    served: given.filter((name) => SERVED.test(name)),
  }
}

/** Names of servers hold no `__`. */
const SERVED = /^mcp__(?:(?!__)[\w-]){1,64}__[\w.-]{1,128}$/

/** Undefined where the header is not there. */
export function readMode(headers: ToolHeaders): PermissionMode | 'bypassPermissions' | undefined {
  const value = headers['x-claude-permission-mode']?.trim()
  switch (value) {
    case undefined:
    case 'default':
    case 'acceptEdits':
    case 'dontAsk':
    case 'plan':
    case 'bypassPermissions':
      return value
    default:
      throw invalid(
        'x-claude-permission-mode',
        `there is no mode ${quote(value)}, but default, acceptEdits, dontAsk and plan.`,
      )
  }
}

/** Undefined where the header is not there. */
export function readMaxTurns(headers: ToolHeaders, most: number): number | undefined {
  return readInteger(headers, 'x-claude-max-turns', 1, most)
}

/** Undefined where the header is not there. */
export function readMaxThinkingTokens(headers: ToolHeaders): number | undefined {
  return readInteger(headers, 'x-claude-max-thinking-tokens', 0, MOST_THINKING_TOKENS)
}

function readInteger(headers: ToolHeaders, header: string, least: number, most: number): number | undefined {
  const value = headers[header]?.trim()
  if (value === undefined) return undefined
  if (!/^-?\d{1,15}$/.test(value)) {
    throw new ApiError('invalid_type', {
      message: `Invalid type for the header '${header}': expected an integer, but got ${quote(value)} instead.`,
      param: header,
    })
  }
  const number = Number(value)
  if (number < least) {
    throw invalid(header, `expected a value >= ${least}, but got ${number} instead.`, 'integer_below_min_value')
  }
  if (number > most) {
    throw invalid(header, `expected a value <= ${most}, but got ${number} instead.`, 'integer_above_max_value')
  }
  return number
}

/** @param why a sentence for the caller, without its beginning */
export function invalid(
  header: string,
  why: string,
  code: 'invalid_value' | 'integer_below_min_value' | 'integer_above_max_value' = 'invalid_value',
): ApiError {
  return new ApiError(code, { message: `Invalid value for the header '${header}': ${why}`, param: header })
}
