/**
 * The one file that imports the Agent SDK at run time. It opens a Claude Code process in the streaming-input form and
 * gives it back as a small interface: what goes in, what comes out, and the few controls that the engine uses.
 */
import {
  type HookJSONOutput,
  type ModelInfo,
  type Options,
  type Query,
  query,
  type SDKMessage,
  type SDKUserMessage,
  type SpawnedProcess,
  type SpawnOptions,
} from '@anthropic-ai/claude-agent-sdk'
import { z } from 'zod'
import { functionServer } from './function-server.ts'
import { toolOptions, type ToolSetup } from './own-tools/tool-options.ts'

export type { ModelInfo, SDKMessage, SpawnedProcess, SpawnOptions }

/** What a process says of itself once it is ready. */
export interface Introduction {
  readonly version: string | undefined
  readonly models: readonly ModelInfo[]
  /** Where the login comes from, in Claude Code's words; undefined when it found none. */
  readonly loginSource: string | undefined
  /** The plan of a Claude account; undefined for other logins. */
  readonly subscription: string | undefined
}

/** A content block as the Messages API takes it. */
export type MessageBlock = Readonly<Record<string, unknown>> & { readonly type: string }

export interface EarlierAnswer {
  readonly id: string
  readonly uuid: string
  readonly model: string
  readonly content: readonly MessageBlock[]
}

/** What can change on a live process between two turns. `null` is the model's own default. */
export interface LiveSettings {
  readonly effort: string | null
  /** A number is a budget in tokens, which only models with fixed budgets heed. */
  readonly thinking: 'off' | number | null
  readonly maxOutputTokens: number | null
  /** JSON that is merged into the body of the model call. */
  readonly extraBody: string | null
  /** Names of functions at whose calls the process stops and waits. */
  readonly functions: readonly string[]
}

export interface ClaudeCode {
  /** Resolves when the process is ready. */
  readonly introduction: Promise<Introduction>
  /** Everything the process says, once. Throws when it ends in an error. */
  readonly messages: AsyncIterable<SDKMessage>
  /** A user message. With `ask: false` it only becomes part of the conversation; a `result` says when. */
  sendUser(uuid: string, content: readonly MessageBlock[], options: { ask: boolean }): void
  /** An assistant message that becomes part of the conversation. Nothing comes back. */
  sendEarlierAnswer(answer: EarlierAnswer): void
  applyFlags(settings: Pick<LiveSettings, 'effort' | 'maxOutputTokens' | 'extraBody'>): Promise<void>
  applyFunctions(names: readonly string[]): Promise<void>
  applyThinking(thinking: LiveSettings['thinking']): Promise<void>
  /**
   * Cuts the conversation off before the user message `target`.
   * @param lastSeen the last user message that was sent; a process that knows a later one refuses
   * @returns whether nothing is left, neither before the cut nor after it
   */
  rewind(target: string, lastSeen: string): Promise<boolean>
  /** Stops the turn that runs; its `result` follows. */
  interrupt(): Promise<void>
  /** Lets go of the process. Ending it is the caller's. */
  close(): void
}

export interface ClaudeCodeOptions {
  readonly binary: string
  readonly model: string | undefined
  readonly systemPrompt: string
  /** Path of a transcript that the process begins with. */
  readonly transcript?: string | undefined
  /** Absent for a process that only answers. */
  readonly setup?: ToolSetup | undefined
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly spawn: (options: SpawnOptions) => SpawnedProcess
}

export function openClaudeCode(options: ClaudeCodeOptions): ClaudeCode {
  const inbound = createInbound()
  const session = query({ prompt: inbound.messages(), options: sdkOptions(options) })
  const introduction = session.initializationResult().then((result): Introduction => {
    const { account } = result
    const apiKeySource = account.apiKeySource === 'none' ? undefined : account.apiKeySource
    const tokenSource = account.tokenSource === 'none' ? undefined : account.tokenSource
    // Of a cloud provider's login it says nothing else, and in its minimal mode it uses an auth token without a word.
    const provider = account.apiProvider === 'firstParty' ? undefined : account.apiProvider
    const authToken = 'ANTHROPIC_AUTH_TOKEN' in options.env ? 'ANTHROPIC_AUTH_TOKEN' : undefined
    return {
      version: result.claude_code_version,
      models: result.models,
      subscription: account.subscriptionType,
      loginSource: apiKeySource ?? tokenSource ?? account.subscriptionType ?? provider ?? authToken,
    }
  })
  return {
    introduction,
    messages: session,
    sendUser: (uuid, content, { ask }) => inbound.push(userMessage(uuid, content, ask)),
    sendEarlierAnswer: (answer) => inbound.push(assistantMessage(answer)),
    applyFlags: ({ effort, maxOutputTokens, extraBody }) => {
      const settings = {
        effortLevel: effort,
        // An empty string unsets a variable; null would leave it.
        env: {
          CLAUDE_CODE_MAX_OUTPUT_TOKENS: maxOutputTokens === null ? '' : String(maxOutputTokens),
          CLAUDE_CODE_EXTRA_BODY: extraBody ?? '',
        },
      }
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- any level is passed on, the SDK's type lists some
      return session.applyFlagSettings(settings as Parameters<typeof session.applyFlagSettings>[0])
    },
    applyFunctions: async (names) => {
      const { errors } = await session.setMcpServers(functionServer(names))
      const [error] = Object.values(errors)
      if (error !== undefined) throw new Error(`the process did not take the functions: ${error}`)
    },
    applyThinking: (thinking) => session.setMaxThinkingTokens(thinking === 'off' ? 0 : thinking),
    rewind: (target, lastSeen) => requestRewind(session, target, lastSeen),
    interrupt: async () => {
      await session.interrupt()
    },
    close: () => {
      inbound.end()
      session.close()
    },
  }
}

function sdkOptions(options: ClaudeCodeOptions): Options {
  return {
    pathToClaudeCodeExecutable: options.binary,
    ...(options.model === undefined ? {} : { model: options.model }),
    // Besides a session's id Claude Code takes the path of a transcript, which no id of a caller can be.
    ...(options.transcript === undefined ? {} : { resume: options.transcript }),
    // Callers' text is text: without it `/commands` run and `@file` mentions are read.
    verbatimPrompts: true,
    // None: where a function is called Skill, the model would be told of those that Claude Code brings.
    skills: [],
    settingSources: [],
    strictMcpConfig: true,
    // Where a function is called Bash, the model would be told how to sign commits.
    settings: { attribution: { commit: '', pr: '', sessionUrl: false } },
    includePartialMessages: true,
    ...(options.setup === undefined ? textOptions(options) : toolOptions(options.systemPrompt, options.setup)),
    env: { ...options.env },
    cwd: options.cwd,
    // A summary in prose is what clients show as reasoning; the default is a short title now and then.
    extraArgs: { 'thinking-display': 'summarized' },
    spawnClaudeCodeProcess: options.spawn,
  }
}

function textOptions({ systemPrompt }: ClaudeCodeOptions): Options {
  return { systemPrompt, tools: [], persistSession: false, hooks: { PreToolUse: [{ hooks: [defer] }] } }
}

/** A call is for the caller to run: the turn ends with it, and its result comes with the next. */
function defer(): Promise<HookJSONOutput> {
  return Promise.resolve({ hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'defer' } })
}

/** The control request is not in the SDK's types (0.3.330): only this answer counts. */
const rewound = z.object({
  response: z.object({ rewound: z.literal(true), precedingAssistantUuid: z.null() }),
})

async function requestRewind(session: Query, target: string, lastSeen: string): Promise<boolean> {
  if (!hasRequest(session)) return false
  const answer = await session.request({
    subtype: 'rewind_conversation',
    target_message_uuid: target,
    last_seen_user_message_uuid: lastSeen,
  })
  // An assistant's message before the target would stay behind for ever.
  return rewound.safeParse(answer).success
}

function hasRequest(session: object): session is { request(body: object): Promise<unknown> } {
  return 'request' in session && typeof session.request === 'function'
}

/** A user's message as the model API takes it. */
export function toUserMessage(content: readonly MessageBlock[]): object {
  return { role: 'user', content }
}

/** An answer that was given earlier, as the model API gives it. */
export function toAssistantMessage({ id, model, content }: Omit<EarlierAnswer, 'uuid'>): object {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content,
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 0, output_tokens: 0 },
  }
}

function userMessage(uuid: string, content: readonly MessageBlock[], ask: boolean): SDKUserMessage {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the SDK's blocks are the model API's, its ids a template type
  return {
    type: 'user',
    message: toUserMessage(content),
    parent_tool_use_id: null,
    uuid,
    session_id: '',
    ...(ask ? {} : { shouldQuery: false }),
  } as unknown as SDKUserMessage
}

/** The binary takes assistant messages on its input too, which the SDK's types do not say. */
function assistantMessage(answer: EarlierAnswer): SDKUserMessage {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return {
    type: 'assistant',
    message: toAssistantMessage(answer),
    parent_tool_use_id: null,
    uuid: answer.uuid,
    session_id: '',
  } as unknown as SDKUserMessage
}

/** The input of the process: what is pushed comes out of the iterable, in order. */
function createInbound(): {
  push(message: SDKUserMessage): void
  end(): void
  messages(): AsyncIterable<SDKUserMessage>
} {
  const waiting: SDKUserMessage[] = []
  let ended = false
  let wake: (() => void) | undefined
  return {
    push: (message) => {
      waiting.push(message)
      wake?.()
    },
    end: () => {
      ended = true
      wake?.()
    },
    async *messages() {
      for (;;) {
        const next = waiting.shift()
        if (next !== undefined) yield next
        else if (ended) return
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  }
}
