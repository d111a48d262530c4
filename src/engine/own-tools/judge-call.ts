/** Whether a call of the model's may run: what has not been granted is denied, whatever Claude Code would say of it. */
import { z } from 'zod'
import { OWN_TOOLS, type OwnTools } from '../../turn/own-tools.ts'
import type { JsonObject } from '../../turn/json.ts'
import type { CallVerdict, ToolCallAsked } from './tool-options.ts'
import { checkAddress } from './check-address.ts'
import type { PathGuard } from './path-guard.ts'
import type { ToolSteps } from './tool-steps.ts'
import type { Group, WorkspaceGroups } from './workspace-groups.ts'

export interface Judging {
  readonly ownTools: OwnTools
  /** Names of the caller's functions. */
  readonly functions: ReadonlySet<string>
  /** Names of the tools of MCP servers. */
  readonly served: ReadonlySet<string>
  /** Why the call of a tool would leave the workspace; undefined where it would not. */
  readonly guard: PathGuard
  readonly steps: ToolSteps
  /** Where commands are held one by one: those who share folders, and what waits until nothing is left of commands. */
  readonly sharing?: { readonly groups: WorkspaceGroups; readonly settle: () => Promise<void> } | undefined
}

const inputSchema: z.ZodType<JsonObject> = z.record(z.string(), z.json()).transform((value): JsonObject => value)

const commandSchema = z.strictObject({
  command: z.string(),
  timeout: z.number().optional(),
  description: z.string().optional(),
  run_in_background: z.literal(false).optional(),
})

export function createJudge(judging: Judging): (call: ToolCallAsked) => Promise<CallVerdict> {
  const { functions, steps } = judging
  const deny = (id: string, denied: string): CallVerdict => {
    steps.deny(id)
    return { denied }
  }
  return async ({ id, name, input }) => {
    if (functions.has(name)) return 'defer'
    let leave: (() => void) | undefined
    try {
      // First, as a path is looked at for what it is then.
      leave = await enterGroup(judging, name)
    } catch {
      return deny(id, 'Another request is at work in this folder. Try again.')
    }
    const denied = await whyNot(judging, name, input).catch(() => 'It could not be checked.')
    if (denied === undefined && steps.allow(id, leave)) return 'allow'
    leave?.()
    return deny(id, denied ?? 'Too many tools are at work.')
  }
}

/** Milliseconds. Claude Code asks no longer than a minute. */
const MOST_WAIT_MS = 30_000

async function enterGroup({ ownTools, sharing, steps }: Judging, name: string): Promise<(() => void) | undefined> {
  const group = GROUPS.get(name)
  if (sharing === undefined || group === undefined) return undefined
  const signal = AbortSignal.any([steps.over, AbortSignal.timeout(MOST_WAIT_MS)])
  const leave = await sharing.groups.enter({ workspace: ownTools.workspace, group, turn: steps }, signal)
  return group === 'files' ? leave : () => void sharing.settle().finally(leave)
}

const GROUPS: ReadonlyMap<string, Group> = new Map([
  ['Bash', 'commands'],
  ...['Read', 'Write', 'Edit', 'Glob', 'Grep'].map((name) => [name, 'files'] as const),
])

async function whyNot({ ownTools, served, guard }: Judging, name: string, given: unknown): Promise<string | undefined> {
  if (served.has(name)) return undefined
  const tool = OWN_TOOLS.find((known) => known === name)
  if (tool === undefined || !ownTools.allowed.includes(tool)) return `${name} may not be used here.`
  const input = inputSchema.safeParse(given).data
  if (input === undefined) return 'Its input cannot be read.'
  if (tool === 'WebSearch') return undefined
  if (tool === 'WebFetch') return checkAddress(input['url'])
  if (tool !== 'Bash') return guard(tool, input)
  return commandSchema.safeParse(input).success
    ? undefined
    : 'A command runs in the foreground and inside the sandbox: only command, timeout and description can be given.'
}
