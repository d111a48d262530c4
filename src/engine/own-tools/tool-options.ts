/** What the Agent SDK is told of a process with tools. */
import type { HookCallback, McpServerConfig, Options, SessionStore } from '@anthropic-ai/claude-agent-sdk'
import { z } from 'zod'
import type { JsonObject } from '../../turn/json.ts'
import type { Transcript } from '../../turn/own-tools.ts'

/** What becomes of a call that the model makes: the caller runs it, it runs here, or it is refused for a reason that the model hears. */
export type CallVerdict = 'defer' | 'allow' | { readonly denied: string }

export interface ToolCallAsked {
  readonly id: string
  readonly name: string
  readonly input: unknown
}

/** What a process has that uses tools of its own. */
export interface ToolSetup {
  /** Claude Code's own tools, by its names. */
  readonly tools: readonly string[]
  readonly mcpServers: Readonly<Record<string, McpServerConfig>>
  /** Most round trips with tools. */
  readonly maxTurns: number
  /** Asked before each call. */
  readonly judge: (call: ToolCallAsked) => Promise<CallVerdict>
  /** Claude Code's own sandbox around each command: folders that they do not see, and whether they have the network. */
  readonly commandSandbox?: { readonly hidden: readonly string[]; readonly hasNetwork: boolean }
  /** The session that is written down, and whether there is something to take up again. */
  readonly session?: { readonly transcript: Transcript; readonly isBegun: boolean }
}

export function toolOptions(
  system: string,
  { tools, mcpServers, maxTurns, judge, commandSandbox, session }: ToolSetup,
): Options {
  return {
    // How its tools are best used is said in Claude Code's own prompt.
    systemPrompt: { type: 'preset', preset: 'claude_code', ...(system === '' ? {} : { append: system }) },
    tools: [...tools],
    // What the hook does not allow is denied: nobody is there to be asked.
    permissionMode: 'dontAsk',
    mcpServers: { ...mcpServers },
    maxTurns,
    hooks: { PreToolUse: [{ hooks: [judgeCalls(judge)] }] },
    ...(commandSandbox === undefined ? {} : { sandbox: sandboxOptions(commandSandbox) }),
    ...(session === undefined ? { persistSession: false } : sessionOptions(session.transcript, session.isBegun)),
  }
}

function sandboxOptions({
  hidden,
  hasNetwork,
}: NonNullable<ToolSetup['commandSandbox']>): NonNullable<Options['sandbox']> {
  return {
    enabled: true,
    failIfUnavailable: true,
    autoAllowBashIfSandboxed: true,
    allowUnsandboxedCommands: false,
    network: { allowedDomains: hasNetwork ? ['*'] : [] },
    filesystem: { denyRead: [...hidden] },
  }
}

function sessionOptions(transcript: Transcript, isBegun: boolean): Options {
  return { ...(isBegun ? { resume: transcript.id } : { sessionId: transcript.id }), sessionStore: storeOf(transcript) }
}

/** The session's own entries only: what a process of Claude Code's own agents writes is not gone on from. */
function storeOf(transcript: Transcript): SessionStore {
  return {
    append: async ({ sessionId, subpath }, entries) => {
      if (sessionId !== transcript.id || subpath !== undefined) return
      await transcript.append(entries.map((entry): JsonObject => z.record(z.string(), z.json()).parse(entry)))
    },
    load: async ({ sessionId, subpath }) => {
      if (sessionId !== transcript.id || subpath !== undefined) return null
      const entries = await transcript.load()
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- they are its own entries, as it gave them
      return entries === undefined ? null : (entries as unknown as Awaited<ReturnType<SessionStore['load']>>)
    },
  }
}

function judgeCalls(judge: ToolSetup['judge']): HookCallback {
  return async (input) => {
    if (input.hook_event_name !== 'PreToolUse') return {}
    const { tool_use_id: id, tool_name: name, tool_input: given } = input
    const verdict = await judge({ id, name, input: given }).catch(() => ({ denied: 'It could not be checked.' }))
    const decision =
      typeof verdict === 'string'
        ? { permissionDecision: verdict }
        : { permissionDecision: 'deny' as const, permissionDecisionReason: verdict.denied }
    return { hookSpecificOutput: { hookEventName: 'PreToolUse', ...decision } }
  }
}
