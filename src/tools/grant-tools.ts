/** What a request may use of Claude Code's own tools: what it wishes, within what the policy and its key allow. */
import { ApiError } from '../errors.ts'
import type { Grant } from '../keys/grant.ts'
import type { OwnToolName } from '../turn/own-tools.ts'
import {
  checkToolHeaders,
  readMaxThinkingTokens,
  readMaxTurns,
  readMode,
  readTools,
  type ToolHeaders,
} from './tool-headers.ts'
import { isPlainName, plainNamesOf, toolsNamed } from './tool-names.ts'
import type { ToolPolicy } from './tool-policy.ts'

export interface ToolWishes {
  /** The `x-claude-*` headers. */
  readonly headers: ToolHeaders
  /** `enable_tools`. Without it there is at most the search of the web. */
  readonly isEnabled: boolean
  /** Names of the request's functions. */
  readonly functionNames: readonly string[]
  /** `web_search_options`. */
  readonly webSearch: boolean
  readonly commands: Commands
}

/** Whether this server can run commands. */
export type Commands = 'sandboxed' | 'accepted' | 'none'

export interface GrantedTools {
  /** None where the caller has left none. */
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

/** What cannot change anything here. */
const READING: readonly OwnToolName[] = ['Read', 'Glob', 'Grep', 'WebSearch', 'WebFetch']

/** @throws ApiError `tool_not_allowed`, `missing_scope`, or for a header that cannot be understood */
export function grantTools(wishes: ToolWishes, policy: ToolPolicy, grant: Grant): GrantedTools {
  const { headers, isEnabled, commands } = wishes
  checkToolHeaders(headers, { isEnabled })
  requireScope(grant, isEnabled ? 'enable_tools' : 'web_search_options')
  const named = readTools(headers, 'x-claude-allowed-tools')
  const disallowed = readTools(headers, 'x-claude-disallowed-tools')
  const mode = modeOf(headers, policy)
  const within = { policy, grant, commands }
  for (const tool of named?.own ?? []) demand(tool, 'x-claude-allowed-tools', (each) => whyNot(each, within))

  const refusalOf = (tool: OwnToolName): string | undefined => {
    if (disallowed?.own.includes(tool) === true) return 'X-Claude-Disallowed-Tools takes it away.'
    if (mode === 'plan' && !READING.includes(tool)) return 'The mode plan changes nothing.'
    return whyNot(tool, within)
  }
  const ownFunctionNames = isEnabled ? wishes.functionNames.filter(isPlainName) : []
  const sought = wishes.webSearch ? ['WebSearch'] : []
  for (const name of ownFunctionNames) demand(name, 'tools', refusalOf)
  for (const name of sought) demand(name, 'web_search_options', refusalOf)
  const wanted = isEnabled ? (named?.own ?? policy.allowed) : []
  const maxThinkingTokens = readMaxThinkingTokens(headers)
  return {
    allowed: toolsNamed([...wanted, ...ownFunctionNames, ...sought]).filter((tool) => refusalOf(tool) === undefined),
    ownFunctionNames,
    maxTurns: readMaxTurns(headers, policy.maxTurns) ?? policy.maxTurns,
    mode: mode === 'plan' ? 'plan' : 'work',
    ...(maxThinkingTokens !== undefined && { maxThinkingTokens }),
    isBypass: mode === 'bypass',
    mcpTools: { ...(named !== undefined && { allowed: named.served }), disallowed: disallowed?.served ?? [] },
  }
}

function requireScope({ scopes }: Grant, param: string): void {
  if (scopes.includes('tools')) return
  const has = scopes.length === 0 ? 'none' : scopes.join(', ')
  const message = `This API key lacks the scope 'tools', which Claude Code's own tools need. It has: ${has}.`
  throw new ApiError('missing_scope', { message, param })
}

export interface Within {
  readonly policy: ToolPolicy
  readonly grant: Grant
  readonly commands: Commands
}

/** Why a caller may not use a tool: by the policy, the key, or the machine. Undefined where it may. */
export function whyNot(tool: OwnToolName, { policy, grant, commands }: Within): string | undefined {
  if (!policy.allowed.includes(tool)) return "The server's policy does not have it."
  if (grant.tools !== undefined && !toolsNamed(grant.tools).includes(tool)) return 'This API key does not have it.'
  if (tool === 'Bash' && commands === 'none') return 'The server has no sandbox for commands.'
  return undefined
}

/**
 * @param name by which the caller asked for it
 * @throws ApiError that names the tool by both its names, as a caller may know it by either
 */
function demand(name: string, param: string, whyNotIt: (tool: OwnToolName) => string | undefined): void {
  for (const tool of toolsNamed([name])) {
    const why = whyNotIt(tool)
    if (why === undefined) continue
    const other = tool === name ? plainNamesOf(tool)[0] : tool
    const message = `The tool '${name}' (${other ?? tool}) is not allowed. ${why}`
    throw new ApiError('tool_not_allowed', { message, param })
  }
}

function modeOf(headers: ToolHeaders, policy: ToolPolicy): 'work' | 'plan' | 'bypass' {
  const mode = readMode(headers)
  if (mode === 'bypassPermissions') {
    if (policy.mayBypass) return 'bypass'
    throw modeNotAllowed(mode, 'Only the operator can allow it, by a setting.')
  }
  if (mode === undefined) return policy.permissionModes.some((each) => each !== 'plan') ? 'work' : 'plan'
  if (!policy.permissionModes.includes(mode)) throw modeNotAllowed(mode, "The server's policy does not have it.")
  return mode === 'plan' ? 'plan' : 'work'
}

function modeNotAllowed(mode: string, reason: string): ApiError {
  return new ApiError('tool_not_allowed', {
    message: `The permission mode '${mode}' is not allowed. ${reason}`,
    param: 'x-claude-permission-mode',
  })
}
