/** Whether a call of the model's may run: what has not been granted is denied, whatever Claude Code would say of it. */
import { z } from 'zod'
import { OWN_TOOLS, type OwnTools } from '../../turn/own-tools.ts'
import type { JsonObject } from '../../turn/json.ts'
import type { CallVerdict, ToolCallAsked } from './tool-options.ts'
import { checkAddress } from './check-address.ts'
import type { PathGuard } from './path-guard.ts'
import type { ToolSteps } from './tool-steps.ts'

export interface Judging {
  readonly ownTools: OwnTools
  /** Names of the caller's functions. */
  readonly functions: ReadonlySet<string>
  /** Names of the tools of MCP servers. */
  readonly served: ReadonlySet<string>
  /** Why the call of a tool would leave the workspace; undefined where it would not. */
  readonly guard: PathGuard
  readonly steps: ToolSteps
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
  return async ({ id, name, input }) => {
    if (functions.has(name)) return 'defer'
    const denied = await whyNot(judging, name, input)
    if (denied === undefined && steps.allow(id)) return 'allow'
    steps.deny(id)
    return { denied: denied ?? 'Too many tools are at work.' }
  }
}

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
