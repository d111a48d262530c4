import { toolsNamed } from './tool-names.ts'
import type { ToolPolicies, ToolPolicy } from './tool-policy.ts'

/**
 * A server without keys goes by its settings, whatever an admin key has once allowed: whoever reaches it has what the policy
 * allows. What was narrowed stays narrow.
 */
export function withinSettings(policies: ToolPolicies, needsKey: () => boolean): ToolPolicies {
  const narrow = (policy: ToolPolicy): ToolPolicy => (needsKey() ? policy : narrowed(policy, policies.configured))
  return {
    configured: policies.configured,
    changedAt: policies.changedAt,
    current: async () => narrow(await policies.current()),
    change: async (change, options) => narrow(await policies.change(change, options)),
  }
}

function narrowed(policy: ToolPolicy, { allowed, maxTurns }: ToolPolicy): ToolPolicy {
  return {
    allowed: toolsNamed(policy.allowed.filter((tool) => allowed.includes(tool))),
    maxTurns: Math.min(policy.maxTurns, maxTurns),
    permissionModes: policy.permissionModes,
    mayBypass: policy.mayBypass,
  }
}
