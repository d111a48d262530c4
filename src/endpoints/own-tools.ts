/** Claude Code's own tools in a request: what of them the caller may use, and the folder that they work in. */
import { ApiError } from '../errors.ts'
import type { RequestContext } from '../http/request-context.ts'
import { type GrantedTools, grantTools, type ToolWishes } from '../tools/grant-tools.ts'
import { invalidValue } from '../translate/invalid-value.ts'
import type { McpServer, OwnTools } from '../turn/own-tools.ts'
import type { TurnEvent } from '../turn/turn-event.ts'
import type { ChatRequest } from '../wire/chat-request.ts'
import { refuseExtensions } from './refuse-extensions.ts'
import type { Services } from './services.ts'
import type { OpenSession } from './session-turn.ts'
import type { Placed } from './side-by-side.ts'

/** What a request has been granted, before there is a folder for it. */
export interface GrantedRequest {
  /** Without those of its functions that are Claude Code's tools here. */
  readonly request: ChatRequest
  /** @throws ApiError for a workspace that the caller may not have */
  open(session: OpenSession | undefined): Promise<OpenTools>
}

export interface OpenTools {
  readonly ownTools: OwnTools
  /** Counts what the tools do, and frees the folder at the end. */
  hear(events: AsyncIterable<Placed<TurnEvent>>): AsyncGenerator<Placed<TurnEvent>>
  close(): Promise<void>
}

/**
 * Undefined for a request that asks for none: its functions are the caller's own, whatever they are called.
 * @throws ApiError for what the caller may not use, and for what does not go together
 */
export async function grantOwnTools(
  services: Services,
  request: ChatRequest,
  context: RequestContext,
): Promise<GrantedRequest | undefined> {
  const { extensions, grant, principal } = context
  const isSearch = request.web_search_options !== undefined && request.web_search_options !== null
  if (request.enable_tools !== true && !isSearch) {
    refuseExtensions(extensions)
    return undefined
  }
  const { tools, mcp } = services
  const wishes: ToolWishes = {
    headers: extensions,
    isEnabled: request.enable_tools === true,
    functionNames: functionNames(request, { withCustom: false }),
    webSearch: isSearch,
    commands: services.engine.status().commands,
  }
  const granted = grantTools(wishes, await tools.policy.current(), grant)
  refuseCombinations(request, granted)
  const servers = limitServers(await mcp.select(namesIn(extensions['x-claude-mcp-servers']), grant), granted)
  if (granted.allowed.length === 0 && servers.length === 0) throw new ApiError('tool_not_allowed')
  return {
    request: withoutFunctions(request, granted.ownFunctionNames),
    open: async (session) => {
      const name = extensions['x-claude-workspace']
      const workspace = await services.workspaces.open({
        principalId: principal.id,
        ...(session === undefined ? {} : { sessionId: session.sessionId }),
        ...(name === undefined ? {} : { name }),
      })
      const transcript = hasFunctions(request, granted) ? undefined : session?.transcript()
      return {
        ownTools: {
          allowed: granted.allowed,
          workspace: workspace.path,
          maxTurns: granted.maxTurns,
          mode: granted.mode,
          mcpServers: servers,
          ...(granted.isBypass ? { isUnguarded: true } : {}),
          ...(granted.maxThinkingTokens === undefined ? {} : { maxThinkingTokens: granted.maxThinkingTokens }),
          ...(transcript === undefined ? {} : { transcript }),
        },
        close: () => workspace.close(),
        async *hear(events) {
          try {
            for await (const placed of events) {
              const event = placed.value
              if (event.type === 'own_tool_end') tools.counts.note(principal.id, event)
              yield placed
            }
          } finally {
            await workspace.close()
          }
        },
      }
    },
  }
}

/** Whether the caller wants to be told what the tools do. */
export function wantsToolEvents(request: ChatRequest, { extensions }: RequestContext): boolean {
  const header = extensions['x-claude-tool-events']
  return request.stream_options?.include_tool_events === true || header === 'true' || header === '1'
}

function refuseCombinations(
  { n, response_format: format, tool_choice: choice }: ChatRequest,
  granted: GrantedTools,
): void {
  const why = `together with Claude Code's own tools`
  if ((n ?? 1) > 1) throw invalidValue('n', `${why} only 1 answer can be written.`)
  if (format && format.type !== 'text') throw invalidValue('response_format', `${why} the answer is text.`)
  const isFree =
    !choice || choice === 'auto' || choice === 'none' || (typeof choice === 'object' && choice.type === 'allowed_tools')
  if (!isFree) throw invalidValue('tool_choice', `${why} no call can be forced.`)
  if (granted.maxTurns < 1) throw invalidValue('enable_tools', 'no turn is left for tools.')
}

/** Tools of servers can be named one by one. */
function limitServers(servers: readonly McpServer[], { mcpTools }: GrantedTools): readonly McpServer[] {
  const isWanted = (server: string, tool: string): boolean => {
    const name = `mcp__${server}__${tool}`
    return !mcpTools.disallowed.includes(name) && (mcpTools.allowed === undefined || mcpTools.allowed.includes(name))
  }
  return servers.map((server) => ({
    ...server,
    isWanted: (tool: string) => isWanted(server.name, tool) && (server.isWanted?.(tool) ?? true),
  }))
}

function namesIn(header: string | undefined): string[] {
  return (header ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/** A custom tool is the caller's own, whatever it is called: Claude Code's tools take no free text. */
function functionNames({ tools, functions }: ChatRequest, { withCustom }: { readonly withCustom: boolean }): string[] {
  const named = (tools ?? []).flatMap((tool) => {
    if (tool.type === 'function') return tool.function.name
    return withCustom ? tool.custom.name : []
  })
  return [...named, ...(functions ?? []).map(({ name }) => name)]
}

function hasFunctions(request: ChatRequest, { ownFunctionNames }: GrantedTools): boolean {
  return functionNames(request, { withCustom: true }).some((name) => !ownFunctionNames.includes(name))
}

function withoutFunctions(request: ChatRequest, names: readonly string[]): ChatRequest {
  if (names.length === 0) return request
  const isOwn = (name: string): boolean => names.includes(name)
  const tools = request.tools?.filter((tool) => tool.type !== 'function' || !isOwn(tool.function.name))
  const functions = request.functions?.filter(({ name }) => !isOwn(name))
  return { ...request, tools, functions }
}
