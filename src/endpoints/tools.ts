import { ApiError } from '../errors.ts'
import { jsonReply } from '../http/reply.ts'
import { whyNot } from '../tools/grant-tools.ts'
import { plainNamesOf, TOOL_DESCRIPTIONS, toolNamed, toolsNamed } from '../tools/tool-names.ts'
import type { PolicyChange, ToolPolicies, ToolPolicy } from '../tools/tool-policy.ts'
import { parseBody } from '../wire/parse.ts'
import { quote } from '../wire/quote.ts'
import {
  toolConfigChangeSchema,
  toolConfigSchema,
  toolListSchema,
  toolStatsQuerySchema,
  toolStatsSchema,
  type WireToolConfig,
  type WireToolList,
  type WireToolStats,
} from '../wire/tools.ts'
import type { ServiceEndpoint } from './services.ts'

export const tools: ServiceEndpoint = {
  operation: {
    summary: "List Claude Code's own tools",
    description:
      'Those that a request with `enable_tools: true` turns on, and why it would not turn on the others. Every name is understood wherever tools are named.',
    successes: [{ contentType: 'application/json', description: 'The tools.', schema: toolListSchema }],
    errors: ['store_unavailable'],
  },
  create:
    ({ tools: { policy }, engine }) =>
    async ({ grant }) => {
      const { commands } = engine.status()
      const current = await policy.current()
      const answer: WireToolList = {
        object: 'list',
        data: TOOL_DESCRIPTIONS.map(({ name, plainNames, description }) => {
          const reason = whyNot(name, { policy: current, grant, commands })
          return {
            name,
            object: 'tool',
            plain_names: [...plainNames],
            description,
            allowed: reason === undefined,
            reason: reason ?? null,
          }
        }),
      }
      return jsonReply(answer)
    },
}

export const toolConfig: ServiceEndpoint = {
  operation: {
    summary: "Read the policy for Claude Code's own tools",
    description: 'What all callers together may use. A key can have less.',
    successes: [{ contentType: 'application/json', description: 'The policy.', schema: toolConfigSchema }],
    errors: ['store_unavailable'],
  },
  create:
    ({ tools: { policy } }) =>
    async () =>
      jsonReply(await configOf(policy, await policy.current())),
}

export const changeToolConfig: ServiceEndpoint = {
  operation: {
    summary: "Set the policy for Claude Code's own tools",
    description:
      'What is absent stays as it is. It holds on all instances from the next request on, and over the settings from then on. A server without keys, where anybody can call this, takes nothing that goes beyond its settings.',
    body: toolConfigChangeSchema,
    bodyExample: { allowed_tools: ['read_file', 'search_in_files', 'write_file'], max_turns: 20 },
    successes: [{ contentType: 'application/json', description: 'The policy from now on.', schema: toolConfigSchema }],
    errors: ['invalid_type', 'invalid_value', 'unknown_parameter', 'tool_not_allowed', 'store_unavailable'],
  },
  create:
    ({ tools: { policy }, needsKey }) =>
    async ({ body, log }) => {
      const { allowed_tools: names, ...wanted } = parseBody(toolConfigChangeSchema, body)
      const change: PolicyChange = {
        allowed: names ? readTools(names) : undefined,
        maxTurns: wanted.max_turns ?? undefined,
        permissionModes: wanted.permission_modes ?? undefined,
      }
      if (!needsKey()) requireWithin(policy.configured, change)
      const next = await policy.change(change, { toSettings: wanted.reset === true })
      log.info({ policy: next }, 'the policy for tools was set')
      return jsonReply(await configOf(policy, next))
    },
}

export const toolStats: ServiceEndpoint = {
  operation: {
    summary: "How often Claude Code's own tools were used",
    description: 'A key sees its own uses; one with the scope `admin` those of all. Days are in UTC.',
    query: {
      start: 'The first day, such as `2030-12-01` (default: 29 days before the last).',
      end: 'The last day (default: today).',
    },
    successes: [{ contentType: 'application/json', description: 'The counts, by tool.', schema: toolStatsSchema }],
    errors: ['invalid_value', 'store_unavailable'],
  },
  create:
    ({ tools: { counts } }) =>
    async ({ query, principal, grant }) => {
      const { start: from, end: to } = parseBody(toolStatsQuerySchema, query)
      const whose = grant.scopes.includes('admin') ? {} : { principalId: principal.id }
      const { start, end, tools: used } = await counts.report({ from, to, ...whose })
      const answer: WireToolStats = {
        object: 'tools.stats',
        start,
        end,
        data: used.map(({ tool, calls, failed, denied, totalMs }) => ({
          name: tool,
          plain_names: [...plainNamesOf(tool)],
          calls,
          failed,
          denied,
          total_ms: totalMs,
          mean_ms: calls > denied ? Math.round(totalMs / (calls - denied)) : null,
        })),
      }
      return jsonReply(answer)
    },
}

async function configOf(policies: ToolPolicies, policy: ToolPolicy): Promise<WireToolConfig> {
  const changedAt = await policies.changedAt()
  return {
    object: 'tools.config',
    allowed_tools: [...policy.allowed],
    max_turns: policy.maxTurns,
    permission_modes: [...policy.permissionModes],
    bypass_permissions: policy.mayBypass,
    changed_at: changedAt === undefined ? null : Math.floor(changedAt / 1000),
  }
}

function readTools(names: readonly string[]): ReturnType<typeof toolsNamed> {
  const at = names.findIndex((name) => toolNamed(name) === undefined)
  if (at === -1) return toolsNamed(names)
  throw new ApiError('invalid_value', {
    message: `There is no tool ${quote(names[at])}. GET /v1/tools lists all.`,
    param: `allowed_tools[${at}]`,
  })
}

/** Whoever can connect is not yet the operator. */
function requireWithin(configured: ToolPolicy, { allowed = [], maxTurns = 1 }: PolicyChange): void {
  const how = 'A server without keys takes no policy that goes beyond its settings:'
  const beyond = allowed.find((tool) => !configured.allowed.includes(tool))
  if (beyond !== undefined) {
    throw new ApiError('tool_not_allowed', {
      message: `${how} '${beyond}' is not in TOOLS_ALLOWED.`,
      param: 'allowed_tools',
    })
  }
  if (maxTurns > configured.maxTurns) {
    throw new ApiError('tool_not_allowed', {
      message: `${how} TOOLS_MAX_TURNS is ${configured.maxTurns}.`,
      param: 'max_turns',
    })
  }
}
