/** Starts the process of a turn with tools: in the workspace, in the sandbox, with what it has been granted. */
import { TurnFailure } from '../../turn/turn-failure.ts'
import type { OwnTools } from '../../turn/own-tools.ts'
import type { Tool, Turn } from '../../turn/turn.ts'
import { type Child, spawnChild } from '../child.ts'
import type { McpServerConfig } from '@anthropic-ai/claude-agent-sdk'
import { openClaudeCode } from '../claude-code.ts'
import type { DeathWatch } from '../death-watch.ts'
import { type ServedTool, toolServer } from '../function-server.ts'
import type { Beginning } from '../memory.ts'
import { createPlaces, type PlaceOptions } from '../places.ts'
import type { Place } from '../spares.ts'
import { Worker, type WorkerDeadlines } from '../worker.ts'
import { createJudge } from './judge-call.ts'
import { type Bridge, type BridgeOptions, bridgeServers } from './mcp-bridge.ts'
import { watchMountPoints } from './mount-points.ts'
import { createPathGuard } from './path-guard.ts'
import { confine, type SandboxBounds, type SandboxTools } from './sandbox.ts'
import { settleCommands } from './settle-commands.ts'
import type { ToolSteps } from './tool-steps.ts'
import { createWorkspaceGroups } from './workspace-groups.ts'

export interface ToolStartOptions extends PlaceOptions {
  readonly binary: string
  readonly deathWatch: DeathWatch
  readonly deadlines: () => WorkerDeadlines
  /** Undefined where the machine has none. */
  readonly sandbox: SandboxTools | undefined
  /** The operator accepts commands without one. */
  readonly withoutSandbox: boolean
  /** Commands and pages may use the network. */
  readonly hasNetwork: boolean
  /** Paths besides the system's that can be read in the sandbox. */
  readonly readable: readonly string[]
  /** Folders that cannot, if they lie in one of the system. */
  readonly private: readonly string[]
  /** Files and folders that commands are not to read, wherever they lie. */
  readonly secret: readonly string[]
  readonly bounds: SandboxBounds
  /** Milliseconds that a tool may take. */
  readonly toolTimeoutMs: number
  readonly onServerError: (server: string, error: unknown) => void
}

export interface ToolStart {
  readonly turn: Turn & { readonly ownTools: OwnTools }
  readonly chain: readonly string[]
  readonly steps: ToolSteps
}

export type StartWithTools = (start: ToolStart) => Promise<Worker>

/** Takes the login out of the environment of commands. */
const SCRUB = { CLAUDE_CODE_SUBPROCESS_ENV_SCRUB: '1' } as const

/**
 * Claude Code tells the model of the repository that the workspace is in: of one around it, or elsewhere, if its `.git` says so. In the
 * sandbox it sees none but the workspace's own.
 */
const NO_REPOSITORY = { CLAUDE_CODE_DISABLE_GIT_INSTRUCTIONS: '1' } as const

/** Milliseconds to reach an MCP server. */
const CONNECT_MS = 10_000

export function createStartWithTools(options: ToolStartOptions): StartWithTools {
  const places = createPlaces(options)
  const groups = createWorkspaceGroups()
  return async ({ turn, chain, steps }) => {
    const { ownTools } = turn
    const functions = offeredFunctions(turn)
    if (ownTools.allowed.includes('Bash') && options.sandbox === undefined && !options.withoutSandbox) {
      throw new Error('commands were granted where nothing confines them')
    }
    const place = await places.make('tools')
    // Not in the home: what runs in the sandbox must not write what programs outside obey.
    const folder = await options.runFolder.createHome(`${place.id}-mcp`)
    const bridge = await bridgeServers(ownTools.mcpServers, bridgeOptions(options, folder))
    let child: Child | undefined
    let tidy = (): Promise<void> => Promise.resolve()
    const cleanUp = async (): Promise<void> => {
      await tidy()
      await bridge.close()
      await Promise.all([place.home, folder].map((each) => places.removeHome(each)))
    }
    try {
      const confinement = await confinementOf(options, ownTools, place)
      const isOutside = confinement === undefined && ownTools.isUnguarded !== true
      const isPerCommand = isOutside && options.sandbox !== undefined && ownTools.allowed.includes('Bash')
      if (isPerCommand) tidy = await watchMountPoints(ownTools.workspace)
      const isBegun = (await ownTools.transcript?.load()) !== undefined
      const process = openClaudeCode({
        binary: options.binary,
        model: turn.model === 'default' ? undefined : turn.model,
        systemPrompt: [turn.system, missingNote(bridge)].filter((part) => part !== undefined).join('\n\n'),
        env: { ...place.env, ...timeouts(options.toolTimeoutMs), ...outside({ isOutside, isPerCommand }) },
        cwd: ownTools.workspace,
        setup: {
          tools: ownTools.allowed,
          mcpServers: { ...bridge.servers, ...functionServers(functions) },
          maxTurns: ownTools.maxTurns,
          judge: createJudge({
            ownTools,
            functions: new Set(functions.map(({ name }) => name)),
            served: bridge.tools,
            guard: ownTools.isUnguarded === true ? noGuard : createPathGuard({ workspace: ownTools.workspace }),
            steps,
            sharing: isOutside ? { groups, settle: () => settle(child, place.id, steps) } : undefined,
          }),
          // Where the process itself needs the login, its commands are kept from it.
          ...(isPerCommand ? { commandSandbox: { hidden: options.secret, hasNetwork: options.hasNetwork } } : {}),
          ...(ownTools.transcript === undefined ? {} : { session: { transcript: ownTools.transcript, isBegun } }),
        },
        spawn: (asked) => {
          options.runFolder.noteTranscript(place.home, asked.env['CLAUDE_CONFIG_DIR'] ?? '')
          child = spawnChild(confinement === undefined ? asked : confine(asked, ...confinement), options.deathWatch)
          return child.spawned
        },
      })
      // With something to take up the Agent SDK fetches that first, and starts the process then.
      const started = await startedChild(() => child, process.introduction)
      return new Worker({
        id: place.id,
        process,
        child: started,
        fromSpare: false,
        beginning: isBegun ? heldBefore(chain) : undefined,
        lane: place.lane,
        deadlines: options.deadlines,
        cleanUp,
      })
    } catch (error) {
      await child?.end()
      place.lane?.close()
      await cleanUp()
      throw error
    }
  }
}

function bridgeOptions(options: ToolStartOptions, folder: string): BridgeOptions {
  const path = options.environment['PATH'] ?? ''
  return { connectMs: CONNECT_MS, callMs: options.toolTimeoutMs, folder, path, onError: options.onServerError }
}

function outside({ isOutside, isPerCommand }: Readonly<Record<string, boolean>>): Record<string, string> {
  return { ...(isOutside === true ? NO_REPOSITORY : {}), ...(isPerCommand === true ? SCRUB : {}) }
}

async function settle(child: Child | undefined, workerId: string, steps: ToolSteps): Promise<void> {
  if (child?.pid !== undefined) await settleCommands(child.pid, workerId, () => !steps.isAnyAtWork)
}

const noGuard = (): Promise<undefined> => Promise.resolve(undefined)

/** Everything but the question. The ids matter only to a process that is to forget, which this one never is. */
function heldBefore(chain: readonly string[]): Beginning {
  return { firstUser: '', lastUser: '', chain: chain.slice(0, -1) }
}

async function startedChild(child: () => Child | undefined, introduction: Promise<unknown>): Promise<Child> {
  const isOver = { now: false }
  const over = introduction.then(
    () => void (isOver.now = true),
    () => void (isOver.now = true),
  )
  for (;;) {
    const started = child()
    if (started !== undefined) return started
    if (isOver.now) throw new TurnFailure('worker_unavailable', 'the Agent SDK did not start a process')
    await Promise.race([over, new Promise((resolve) => setTimeout(resolve, 5))])
  }
}

async function confinementOf(
  { sandbox, egress, runFolder, hasNetwork, readable, private: others, secret, bounds }: ToolStartOptions,
  { allowed, workspace, isUnguarded }: OwnTools,
  { home, lane }: Pick<Place, 'home' | 'lane'>,
): Promise<readonly [SandboxTools, Parameters<typeof confine>[2]] | undefined> {
  if (sandbox === undefined || egress === undefined || lane === undefined || isUnguarded === true) return undefined
  const isOnline = hasNetwork || allowed.includes('WebFetch')
  const wayOut = isOnline ? undefined : { port: egress.port, socket: await lane.socket(runFolder.path) }
  const isWritable = allowed.some((tool) => tool === 'Write' || tool === 'Edit' || tool === 'Bash')
  return [sandbox, { workspace, isWritable, home, readable, private: others, secret, bounds, wayOut }]
}

function timeouts(ms: number): Record<string, string> {
  return { BASH_DEFAULT_TIMEOUT_MS: String(ms), BASH_MAX_TIMEOUT_MS: String(ms), MCP_TOOL_TIMEOUT: String(ms) }
}

/** A server that is not there is said, so that the model does not look for it. */
function missingNote({ missing }: Bridge): string | undefined {
  return missing.length === 0 ? undefined : `These MCP servers cannot be reached now: ${missing.join(', ')}.`
}

function offeredFunctions({ toolUse }: Turn): readonly Tool[] {
  return toolUse === undefined || toolUse.choice === 'none' ? [] : toolUse.tools
}

/** The model sees them beside Claude Code's tools, and the turn ends at their calls. */
function functionServers(tools: readonly Tool[]): Record<string, McpServerConfig> {
  if (tools.length === 0) return {}
  const served = tools.map(({ name, description, inputSchema }): ServedTool => ({
    name,
    inputSchema: { ...inputSchema, type: 'object' },
    ...(description === undefined ? {} : { description }),
  }))
  const never = (): Promise<never> => Promise.reject(new Error('a function of the caller is never run here'))
  return { functions: toolServer('functions', served, never) }
}
