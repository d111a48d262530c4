import type { Config } from '../config.ts'
import { detectLogin } from '../engine/login.ts'
import { detectSandbox, type SandboxFound, sandboxFor } from '../engine/own-tools/detect-sandbox.ts'
import type { Finding } from './report.ts'

const topic = 'sandbox'

/** Whether commands of the model can be held in a sandbox, and what to do where not. */
export async function checkSandbox(
  config: Pick<Config, 'CLAUDE_AUTH_METHOD' | 'EGRESS' | 'environment' | 'TOOLS_WITHOUT_SANDBOX'>,
  isRoot?: boolean,
): Promise<Finding> {
  const found = detectLogin(config)
  const hasEgress = config.EGRESS && (!('login' in found) || found.login.egress !== undefined)
  const machine = { hasEgress, ...(isRoot === undefined ? {} : { isRoot }) }
  const sandbox = sandboxFor(await detectSandbox(config.environment), machine)
  if (sandbox.available) return { verdict: 'fine', topic, text: 'commands of the model can be held in one' }
  const consequence = config.TOOLS_WITHOUT_SANDBOX
    ? 'TOOLS_WITHOUT_SANDBOX lets commands of the model read what the server can'
    : 'commands of the model are refused'
  return { verdict: 'warning', topic, text: `${sandbox.reason}: ${consequence}`, remedy: remedyFor(sandbox) }
}

function remedyFor({ cause }: Extract<SandboxFound, { readonly available: false }>): string {
  switch (cause) {
    case 'missing':
      return 'apt-get install bubblewrap socat'
    case 'not working':
      return 'on Ubuntu: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0; in a container: docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined'
    case 'system':
      return 'Linux has one'
    case 'root':
      return 'run Dragoman as a user of its own'
  }
}
