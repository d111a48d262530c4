/** What a process has before it is started: a home on disk, a way out, and an environment. */
import { randomBytes } from 'node:crypto'
import type { Environment } from '../config.ts'
import type { Egress } from './egress/egress.ts'
import { childEnvironment } from './environment.ts'
import { type Login, MINIMAL } from './login-method.ts'
import type { ToolMode } from './profile.ts'
import type { RunFolder } from './run-folder.ts'
import type { Place } from './spares.ts'

export interface PlaceOptions {
  readonly environment: Environment
  readonly login: Login
  /** Absent where the login cannot go through it, or the operator turned it off. */
  readonly egress: Egress | undefined
  readonly runFolder: RunFolder
  /** A folder could not be removed; its worker has ended all the same. */
  readonly onLeftover: (error: unknown) => void
}

export interface Places {
  make(toolMode: ToolMode): Promise<Place>
  leave(place: Pick<Place, 'lane' | 'home'>): Promise<void>
  removeHome(home: string): Promise<void>
}

/**
 * The model sees the functions by the caller's own names, and all of them at once. Where one is called Agent, it would be
 * told of Claude Code's own agents.
 */
const FUNCTIONS = {
  CLAUDE_AGENT_SDK_MCP_NO_PREFIX: '1',
  ENABLE_TOOL_SEARCH: 'false',
  CLAUDE_AGENT_SDK_DISABLE_BUILTIN_AGENTS: '1',
} as const

/** What a child sends as its key where the egress puts in the real one. */
const PLACEHOLDER_KEY = 'held-by-the-egress'

/** Nothing that a tool starts outlives its call. */
const TOOLS = { CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1' } as const

export function createPlaces(options: PlaceOptions): Places {
  const { runFolder, egress } = options
  const removeHome = (home: string): Promise<void> => runFolder.removeHome(home).catch(options.onLeftover)
  return {
    make: async (toolMode) => {
      const id = randomBytes(8).toString('hex')
      const home = await runFolder.createHome(id)
      const lane = egress?.openLane()
      return { id, home, lane, toolMode, env: environmentOf(options, { id, home, lane, toolMode }) }
    },
    leave: ({ lane, home }) => {
      lane?.close()
      return removeHome(home)
    },
    removeHome,
  }
}

function environmentOf(
  { login, environment }: PlaceOptions,
  { id, home, lane, toolMode }: Omit<Place, 'env'>,
): Record<string, string> {
  const access =
    lane === undefined
      ? login.env
      : { ANTHROPIC_BASE_URL: lane.baseUrl, ANTHROPIC_API_KEY: PLACEHOLDER_KEY, ...MINIMAL }
  const functions = { ...without(access, Object.keys(MINIMAL)), ...FUNCTIONS }
  const modes = { text: access, functions, tools: { ...functions, ...TOOLS } }
  return childEnvironment({
    environment,
    workerId: id,
    home,
    access: modes[toolMode],
    throughEgress: lane !== undefined,
  })
}

/** The minimal mode runs no hooks, and a hook is what stops a process at a call. */
function without(env: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)))
}
