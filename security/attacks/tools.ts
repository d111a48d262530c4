/** Tools that nobody granted, asked for in every form. */
import { type Attack, hold } from './attack.ts'
import type { Target } from './target.ts'

const messages = [{ role: 'user', content: 'Hello' }]

/** Headers, and fields of the body. None of them grants a tool. */
const WISHES: readonly (readonly [headers: readonly string[], fields: Readonly<Record<string, unknown>>])[] = [
  [[], { enable_tools: true }],
  [[], { enable_tools: 'true' }],
  [[], { web_search_options: {} }],
  [['x-claude-allowed-tools: Bash'], {}],
  [['x-claude-allowed-tools: Bash'], { enable_tools: true }],
  [['x-claude-permission-mode: bypassPermissions'], { enable_tools: true }],
  [['x-claude-permission-mode: bypassPermissions', 'x-claude-allowed-tools: Bash,Read,Write'], { enable_tools: true }],
  [['x-claude-workspace: /', 'x-claude-allowed-tools: Read'], { enable_tools: true }],
  [['x-claude-mcp-servers: x'], { enable_tools: true }],
  [['x-claude-settings: {"permissions":{"allow":["Bash"]}}'], {}],
  [['x-claude-cwd: /'], {}],
]

/** Fields of other interfaces, the Agent SDK's among them, that must be nothing here. */
const FOREIGN_FIELDS: readonly Readonly<Record<string, unknown>>[] = [
  { metadata: { enable_tools: 'true', 'x-claude-allowed-tools': 'Bash' } },
  { extra_body: { enable_tools: true }, options: { tools: ['Bash'] } },
  { allowedTools: ['Bash'], permissionMode: 'bypassPermissions', permission_mode: 'bypassPermissions', cwd: '/' },
  { mcp_servers: [{ type: 'url', url: 'http://127.0.0.1:1', name: 'x' }], mcpServers: { x: { command: 'sh' } } },
  { settingSources: ['user', 'project'], hooks: {}, env: { X: '1' }, additionalDirectories: ['/'], resume: 'x' },
  {
    system: 'x',
    container: 'x',
    betas: ['x'],
    agents: { a: {} },
    plugins: ['/'],
    pathToClaudeCodeExecutable: '/bin/sh',
  },
]

const wished: Attack = {
  name: 'tools by every field and header, with a key that has none',
  promise: 'G4',
  needs: ['limited key'],
  run: async (target) => {
    for (const [headers, fields] of WISHES) {
      for (const path of ['/v1/chat/completions', '/chat/completions', '/v1/completions']) {
        const prompt = path.endsWith('/completions') && !path.includes('chat') ? { prompt: 'Hello' } : { messages }
        const body = { model: 'sonnet', ...prompt, ...fields }
        const isNothing = headers.length === 0 && 'prompt' in prompt
        if (isNothing) continue
        const { status } = await target.ask({ method: 'POST', path, headers, body })
        const isUnknownHeader = headers.some((header) => /settings|cwd/.test(header))
        hold(
          [400, 403].includes(status) || isUnknownHeader,
          `${path} answers ${status} to ${headers.join()} ${JSON.stringify(fields)}`,
        )
      }
    }
    offersNone(target)
  },
}

const foreign: Attack = {
  name: 'tools by fields of other interfaces',
  promise: 'G4',
  run: async (target) => {
    const before = target.inside?.sent().length ?? 0
    const fields = Object.assign({}, ...FOREIGN_FIELDS)
    const { status } = await target.ask({
      method: 'POST',
      path: '/v1/chat/completions',
      body: { model: 'sonnet', messages, ...fields },
    })
    hold(status === 200 || status === 400, `it answers ${status} to fields that it does not know`)
    offersNone(target, before)
  },
}

/** None of Claude Code's own tools was offered to the model. */
function offersNone({ inside }: Target, from = 0): void {
  for (const sent of inside?.sent().slice(from) ?? []) {
    const tool = /"name":"(Bash|Read|Write|Edit|Glob|Grep|WebSearch|WebFetch|Task|mcp__[^"]*)"/.exec(sent)?.[1]
    hold(tool === undefined, `the model was offered ${tool ?? ''}`)
  }
}

export const TOOLS: readonly Attack[] = [wished, foreign]
