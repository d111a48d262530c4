/** Claude Code's own tools in a turn: what the model may do on this machine besides answering. */
import type { JsonObject } from './json.ts'

/** Claude Code's own tools, by its names, as far as callers can be given them. */
export const OWN_TOOLS = ['Read', 'Glob', 'Grep', 'Write', 'Edit', 'Bash', 'WebSearch', 'WebFetch'] as const
export type OwnToolName = (typeof OWN_TOOLS)[number]

/** Present in a turn that may use them. What it holds has been granted: the engine holds the model to it and asks nobody. */
export interface OwnTools {
  /** No name twice. Empty only where there are MCP servers. */
  readonly allowed: readonly OwnToolName[]
  /** The folder that they work in and do not leave: its absolute, real path. It is there. */
  readonly workspace: string
  /** Most calls of the model in the turn; at least 1. */
  readonly maxTurns: number
  /** `plan`: the model reads and proposes, and changes nothing. */
  readonly mode: 'work' | 'plan'
  /** The operator lets this turn do what Claude Code could do at a terminal: no sandbox, no guard of paths. */
  readonly isUnguarded?: true
  /** Most tokens of thinking in a call; 0 for none. Absent: the model's own default. */
  readonly maxThinkingTokens?: number
  readonly mcpServers: readonly McpServer[]
  /** The tool steps of a session. Absent where nothing outlives the turn. */
  readonly transcript?: Transcript
}

/** A server of tools that the operator has set up. The model sees its tools as `mcp__<name>__<tool>`. */
export interface McpServer {
  /** 1 to 64 letters, digits, `_` and `-`; no `__` in it. */
  readonly name: string
  /** Which of its tools may be used, by the server's names; absent for all of them. */
  readonly isWanted?: (tool: string) => boolean
  readonly transport:
    | {
        readonly type: 'stdio'
        readonly command: string
        readonly args: readonly string[]
        readonly env: Readonly<Record<string, string>>
      }
    | { readonly type: 'http'; readonly url: string; readonly headers: Readonly<Record<string, string>> }
}

/** What Claude Code writes down of a session, and takes up again: its entries, in their order, as it gave them. */
export interface Transcript {
  /** The id by which Claude Code knows the session: a UUID, the same in all of its turns. */
  readonly id: string
  /**
   * Undefined where nothing has been written yet. Each attempt at a turn begins with it: what an earlier attempt has
   * appended is forgotten.
   */
  load(): Promise<readonly JsonObject[] | undefined>
  /** An entry whose `uuid` is there already is left as it is. Resolves when it is stored. */
  append(entries: readonly JsonObject[]): Promise<void>
}
