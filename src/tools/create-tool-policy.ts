/** The policy: what the settings say, and over it what admin keys have set, which is in the database for all instances. */
import { z } from 'zod'
import type { LiveConfig } from '../config.ts'
import type { Store } from '../store/store.ts'
import { StoreUnavailable } from '../store/store-unavailable.ts'
import { changeToolPolicy, findToolPolicy, forgetToolPolicy, type StoredPolicy } from '../store/tool-policy-table.ts'
import { PERMISSION_MODES } from '../wire/tools.ts'
import { toolsNamed } from './tool-names.ts'
import type { PolicyChange, ToolPolicies, ToolPolicy } from './tool-policy.ts'

export type PolicySettings = Pick<
  LiveConfig,
  'TOOLS_ALLOWED' | 'TOOLS_MAX_TURNS' | 'DANGEROUSLY_ALLOW_BYPASS_PERMISSIONS'
>

export interface ToolPolicyOptions {
  readonly store: Pick<Store, 'run'>
  /** Asked anew for each request. */
  readonly currentConfig: () => PolicySettings
  /** How long it is believed while the database is away. */
  readonly awayMs?: number
}

const AWAY_MS = 60_000

export function configuredPolicy(config: PolicySettings): ToolPolicy {
  return {
    allowed: toolsNamed(config.TOOLS_ALLOWED),
    maxTurns: config.TOOLS_MAX_TURNS,
    permissionModes: PERMISSION_MODES,
    mayBypass: config.DANGEROUSLY_ALLOW_BYPASS_PERMISSIONS,
  }
}

export function createToolPolicy({ store, currentConfig, awayMs = AWAY_MS }: ToolPolicyOptions): ToolPolicies {
  const configured = (): ToolPolicy => configuredPolicy(currentConfig())
  let seen: { readonly stored: StoredPolicy | undefined; readonly at: number } | undefined

  /** What was asked for later counts, whichever answer comes first. */
  const see = (stored: StoredPolicy | undefined, at: number): void => {
    if (seen === undefined || seen.at <= at) seen = { stored, at }
  }
  // Asked for each request: a tool that was taken away is to be gone with the next one, and such a request takes seconds.
  const look = async (): Promise<StoredPolicy | undefined> => {
    const at = performance.now()
    try {
      const stored = await store.run(findToolPolicy)
      see(stored, at)
      return stored
    } catch (error) {
      if (error instanceof StoreUnavailable && seen !== undefined && at - seen.at < awayMs) return seen.stored
      throw error
    }
  }
  return {
    get configured() {
      return configured()
    },
    current: async () => over(configured(), await look()),
    changedAt: async () => (await look())?.changedAt,
    async change(change, { toSettings = false } = {}) {
      const at = performance.now()
      const stored = await store.run((db) =>
        db.transaction().execute(async (transaction) => {
          if (toSettings) await forgetToolPolicy(transaction)
          if (Object.values(change).every((value) => value === undefined)) return findToolPolicy(transaction)
          return changeToolPolicy(transaction, Date.now(), (content) =>
            toJson({ ...fromJson(content), ...given(change) }),
          )
        }),
      )
      see(stored, at)
      return over(configured(), stored)
    },
  }
}

const contentSchema = z.object({
  allowed: z.array(z.string()).optional(),
  maxTurns: z.int().min(1).optional(),
  permissionModes: z.array(z.string()).optional(),
})
type Content = z.output<typeof contentSchema>

/** @throws ZodError for what nobody could mean: then nothing is allowed, rather than what the settings say */
const fromJson = (content: string): Content => contentSchema.parse(JSON.parse(content))
const toJson = (content: Content): string => JSON.stringify(content)

function given({ allowed, maxTurns, permissionModes }: PolicyChange): Content {
  return {
    ...(allowed !== undefined && { allowed: [...allowed] }),
    ...(maxTurns !== undefined && { maxTurns }),
    ...(permissionModes !== undefined && { permissionModes: [...permissionModes] }),
  }
}

/** Names that this version does not know, which a later one has written, allow nothing. */
function over(configured: ToolPolicy, stored: StoredPolicy | undefined): ToolPolicy {
  if (stored === undefined) return configured
  const { allowed, maxTurns, permissionModes } = fromJson(stored.content)
  return {
    allowed: allowed === undefined ? configured.allowed : toolsNamed(allowed),
    maxTurns: maxTurns ?? configured.maxTurns,
    permissionModes:
      permissionModes === undefined
        ? configured.permissionModes
        : PERMISSION_MODES.filter((mode) => permissionModes.includes(mode)),
    mayBypass: configured.mayBypass,
  }
}
