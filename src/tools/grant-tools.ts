/** What a request may use of Claude Code's own tools: what it wishes, within what the policy and its key allow. */
import { ApiError } from '../errors.ts'
import type { Grant } from '../keys/grant.ts'
import type { OwnToolName } from '../turn/own-tools.ts'
import { quote } from '../wire/quote.ts'
import { isPlainName, toolNamed } from './tool-names.ts'
import type { ToolPolicy } from './tool-policy.ts'

export interface ToolWishes {
  /** The `x-claude-*` headers, by their lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** `enable_tools`. */
  readonly isEnabled: boolean
  /** Names of the request's functions. */
  readonly functionNames: readonly string[]
  /** `web_search_options`. */
  readonly webSearch: boolean
  /** Whether this server can run commands. */
  readonly commands: 'sandboxed' | 'accepted' | 'none'
}

export interface GrantedTools {
  readonly allowed: readonly OwnToolName[]
  /** The request's functions that are Claude Code's tools, which run on the server. */
  readonly ownFunctionNames: readonly string[]
  readonly maxTurns: number
  readonly mode: 'work' | 'plan'
  readonly maxThinkingTokens?: number
  readonly isBypass: boolean
  /** Tools of MCP servers that the headers name, as `mcp__<server>__<tool>`; `allowed` absent for all. */
  readonly mcpTools: { readonly allowed?: readonly string[]; readonly disallowed: readonly string[] }
}

/** Read elsewhere. */
const OTHER_HEADERS = ['x-claude-workspace', 'x-claude-mcp-servers', 'x-claude-tool-events']

const HEADERS = [
  'x-claude-allowed-tools',
  'x-claude-disallowed-tools',
  'x-claude-max-turns',
  'x-claude-permission-mode',
  'x-claude-max-thinking-tokens',
  ...OTHER_HEADERS,
]

/** What cannot change anything here. */
const READING: ReadonlySet<OwnToolName> = new Set<OwnToolName>(['Read', 'Glob', 'Grep', 'WebSearch', 'WebFetch'])

const MOST_THINKING_TOKENS = 1_000_000

/** @throws ApiError `tool_not_allowed`, `missing_scope`, or for a header that cannot be understood */
export function grantTools(wishes: ToolWishes, policy: ToolPolicy, grant: Grant): GrantedTools {
  const { headers, functionNames } = wishes
  checkHeaders(wishes)
  if (!grant.scopes.includes('tools')) {
    throw new ApiError('missing_scope', { message: "This API key may not use Claude Code's own tools." })
  }
  const isAllowed = isAllowedBy(policy, grant, wishes)
  const named = namesIn(headers, 'x-claude-allowed-tools')
  const ownFunctionNames = wishes.isEnabled ? functionNames.filter(isPlainName) : []
  const demanded = [...(named?.own ?? []), ...ownFunctionNames.map((name) => ({ name, tool: toolNamed(name) }))]
  for (const { name, tool } of demanded) if (tool === undefined || !isAllowed(tool)) throw notAllowed(name)
  if (wishes.webSearch && !isAllowed('WebSearch')) throw notAllowed('WebSearch')

  const disallowed = namesIn(headers, 'x-claude-disallowed-tools')
  const mode = readMode(headers, policy)
  const wanted = wishes.isEnabled ? (named?.own.flatMap(({ tool }) => tool ?? []) ?? policy.allowed) : []
  const searching: readonly OwnToolName[] = wishes.webSearch ? ['WebSearch'] : []
  const allowed = [...new Set([...wanted, ...ownFunctionNames.flatMap((name) => toolNamed(name) ?? []), ...searching])]
  const maxThinkingTokens = readInteger(headers, 'x-claude-max-thinking-tokens', 0, MOST_THINKING_TOKENS)
  return {
    allowed: allowed.filter(
      (tool) =>
        isAllowed(tool) &&
        (mode !== 'plan' || READING.has(tool)) &&
        disallowed?.own.every((other) => other.tool !== tool) !== false,
    ),
    ownFunctionNames,
    maxTurns: readInteger(headers, 'x-claude-max-turns', 1, policy.maxTurns) ?? policy.maxTurns,
    mode: mode === 'plan' ? 'plan' : 'work',
    ...(maxThinkingTokens === undefined ? {} : { maxThinkingTokens }),
    isBypass: mode === 'bypass',
    mcpTools: { ...(named === undefined ? {} : { allowed: named.served }), disallowed: disallowed?.served ?? [] },
  }
}

/** By the policy, the key and the machine. */
function isAllowedBy(policy: ToolPolicy, { tools }: Grant, { commands }: ToolWishes): (tool: OwnToolName) => boolean {
  const ofKey = tools?.map(toolNamed)
  return (tool) =>
    policy.allowed.includes(tool) && ofKey?.includes(tool) !== false && (tool !== 'Bash' || commands !== 'none')
}

function notAllowed(name: string): ApiError {
  return new ApiError('tool_not_allowed', { message: `The tool ${quote(name)} is not allowed here.` })
}

function checkHeaders({ headers, isEnabled }: ToolWishes): void {
  for (const name of Object.keys(headers)) {
    if (!HEADERS.includes(name)) {
      throw new ApiError('unsupported_parameter', {
        message: `The header ${quote(name)} is not supported.`,
        param: name.slice(0, 100),
      })
    }
    if (!isEnabled && !OTHER_HEADERS.includes(name)) {
      throw invalidHeader(name, "it needs 'enable_tools: true'.")
    }
  }
}

interface Named {
  readonly own: readonly { readonly name: string; readonly tool: OwnToolName | undefined }[]
  readonly served: readonly string[]
}

/** Undefined where the header is not there. */
function namesIn(headers: ToolWishes['headers'], header: string): Named | undefined {
  const value = headers[header]
  if (value === undefined) return undefined
  const names = value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  for (const name of names) {
    // Rules on parts of a command have been got around again and again.
    if (/[()*]/.test(name)) throw invalidHeader(header, `only whole tools can be named, not ${quote(name)}.`)
    if (!name.startsWith('mcp__') && toolNamed(name) === undefined) {
      throw invalidHeader(header, `there is no tool ${quote(name)}.`)
    }
  }
  const isServed = (name: string): boolean => name.startsWith('mcp__')
  return {
    own: names.filter((name) => !isServed(name)).map((name) => ({ name, tool: toolNamed(name) })),
    served: names.filter(isServed),
  }
}

function readMode(headers: ToolWishes['headers'], policy: ToolPolicy): 'work' | 'plan' | 'bypass' {
  const value = headers['x-claude-permission-mode'] ?? 'default'
  switch (value) {
    case 'default':
    case 'acceptEdits':
    case 'dontAsk':
      return 'work'
    case 'plan':
      return 'plan'
    case 'bypassPermissions':
      if (policy.mayBypass) return 'bypass'
      throw new ApiError('tool_not_allowed', { message: 'The permission mode bypassPermissions is not allowed here.' })
    default:
      throw invalidHeader('x-claude-permission-mode', `there is no mode ${quote(value)}.`)
  }
}

function readInteger(headers: ToolWishes['headers'], header: string, least: number, most: number): number | undefined {
  const value = headers[header]
  if (value === undefined) return undefined
  const number = /^\d{1,9}$/.test(value.trim()) ? Number(value) : Number.NaN
  if (number >= least && number <= most) return number
  throw invalidHeader(header, `expected a whole number from ${least} to ${most}.`)
}

function invalidHeader(header: string, why: string): ApiError {
  return new ApiError('invalid_value', { message: `Invalid value for the header '${header}': ${why}`, param: header })
}
