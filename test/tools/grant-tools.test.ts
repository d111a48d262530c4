import { describe, expect, test } from 'vitest'
import { ApiError } from '../../src/errors.ts'
import { FULL_GRANT, type Grant } from '../../src/keys/grant.ts'
import { type GrantedTools, grantTools, type ToolWishes, whyNot } from '../../src/tools/grant-tools.ts'
import { isPlainName, TOOL_DESCRIPTIONS, toolNamed, toolsNamed } from '../../src/tools/tool-names.ts'
import type { ToolPolicy } from '../../src/tools/tool-policy.ts'
import { OWN_TOOLS } from '../../src/turn/own-tools.ts'
import { PERMISSION_MODES } from '../../src/wire/tools.ts'

const ALL: ToolPolicy = { allowed: OWN_TOOLS, maxTurns: 50, permissionModes: PERMISSION_MODES, mayBypass: false }
const READERS: ToolPolicy = { ...ALL, allowed: ['Read', 'Glob', 'Grep'] }

interface Case {
  readonly headers?: Readonly<Record<string, string>>
  readonly wishes?: Partial<ToolWishes>
  readonly policy?: Partial<ToolPolicy>
  readonly grant?: Partial<Grant>
}

function granted({ headers = {}, wishes = {}, policy = {}, grant = {} }: Case): GrantedTools {
  const asked: ToolWishes = {
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [`x-claude-${name}`, value])),
    isEnabled: true,
    functionNames: [],
    webSearch: false,
    commands: 'sandboxed',
    ...wishes,
  }
  return grantTools(asked, { ...ALL, ...policy }, { ...FULL_GRANT, ...grant })
}

function refusal(which: Case): { code: string; param: string | null; message: string } {
  try {
    return { code: 'none', param: null, message: JSON.stringify(granted(which)) }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const { code, param, message } = error
    return { code, param, message }
  }
}

describe('names', () => {
  test.each([
    ['read_file', 'Read'],
    ['write_file', 'Write'],
    ['edit_file', 'Edit'],
    ['run_command', 'Bash'],
    ['list_directory', 'Glob'],
    ['search_files', 'Glob'],
    ['search_in_files', 'Grep'],
    ['web_search', 'WebSearch'],
    ['fetch_url', 'WebFetch'],
  ])('%s is %s', (plain, own) => {
    expect([toolNamed(plain), toolNamed(own), isPlainName(plain), isPlainName(own)]).toEqual([own, own, true, false])
  })

  test.each(['bash', 'READ', 'Read_File', 'toString', '__proto__', '', 'LS', 'Task', ' Read'])(
    '%j is no tool',
    (name) => {
      expect(toolNamed(name)).toBeUndefined()
    },
  )

  test('every tool is described, in one order', () => {
    expect(TOOL_DESCRIPTIONS.map(({ name }) => name)).toEqual(OWN_TOOLS)
    expect(toolsNamed(['fetch_url', 'Grep', 'search_in_files', 'nothing', 'Read'])).toEqual([
      'Read',
      'Grep',
      'WebFetch',
    ])
  })
})

describe('without headers', () => {
  test('a request gets what the policy allows', () => {
    expect(granted({ policy: READERS })).toEqual({
      allowed: ['Read', 'Glob', 'Grep'],
      ownFunctionNames: [],
      maxTurns: 50,
      mode: 'work',
      isBypass: false,
      mcpTools: { disallowed: [] },
    })
  })

  test('a key has no more than both it and the policy name, in either form', () => {
    expect(granted({ policy: READERS, grant: { tools: ['read_file', 'Bash', 'no such tool'] } }).allowed).toEqual([
      'Read',
    ])
    expect(granted({ grant: { tools: ['search_files', 'Bash'] } }).allowed).toEqual(['Glob', 'Bash'])
    expect(granted({ grant: { tools: [] } }).allowed).toEqual([])
  })

  test('commands are left out where there is no sandbox', () => {
    expect(granted({ wishes: { commands: 'none' } }).allowed).not.toContain('Bash')
    expect(granted({ wishes: { commands: 'accepted' } }).allowed).toContain('Bash')
  })

  test('a policy that has only plans makes plans', () => {
    expect(granted({ policy: { permissionModes: ['plan'] } }).mode).toBe('plan')
  })
})

describe('headers narrow', () => {
  test.each<[string, Case, Partial<GrantedTools>]>([
    ['to the named tools', { headers: { 'allowed-tools': 'Grep, read_file,' } }, { allowed: ['Read', 'Grep'] }],
    [
      'by the named tools',
      { headers: { 'disallowed-tools': 'run_command,Write,list_directory' } },
      {
        allowed: ['Read', 'Grep', 'Edit', 'WebSearch', 'WebFetch'],
      },
    ],
    ['by both', { headers: { 'allowed-tools': 'Read,Bash', 'disallowed-tools': 'Bash' } }, { allowed: ['Read'] }],
    [
      'by a tool that is not allowed anyway',
      { headers: { 'disallowed-tools': 'Bash' }, policy: READERS },
      {
        allowed: ['Read', 'Glob', 'Grep'],
      },
    ],
    [
      'tools of servers',
      {
        headers: { 'allowed-tools': 'Read,mcp__files__list', 'disallowed-tools': 'mcp__my-db__drop.all' },
      },
      { allowed: ['Read'], mcpTools: { allowed: ['mcp__files__list'], disallowed: ['mcp__my-db__drop.all'] } },
    ],
    ['to none of a server', { headers: { 'allowed-tools': 'Read' } }, { mcpTools: { allowed: [], disallowed: [] } }],
    ['calls of the model', { headers: { 'max-turns': '3' } }, { maxTurns: 3 }],
    ['thinking', { headers: { 'max-thinking-tokens': '0' } }, { maxThinkingTokens: 0 }],
    ['thinking less', { headers: { 'max-thinking-tokens': '1000000' } }, { maxThinkingTokens: 1_000_000 }],
    [
      'to a plan',
      { headers: { 'permission-mode': 'plan' } },
      {
        mode: 'plan',
        allowed: ['Read', 'Glob', 'Grep', 'WebSearch', 'WebFetch'],
      },
    ],
    [
      'to a plan of less',
      { headers: { 'permission-mode': 'plan', 'allowed-tools': 'Read,Write' } },
      { allowed: ['Read'] },
    ],
  ])('%s', (_, which, expected) => {
    expect(granted(which)).toMatchObject(expected)
  })

  test.each(['default', 'acceptEdits', 'dontAsk'])('the mode %s allows what is allowed', (mode) => {
    expect(granted({ headers: { 'permission-mode': mode }, policy: READERS })).toMatchObject({
      mode: 'work',
      isBypass: false,
      allowed: READERS.allowed,
    })
  })

  test('nobody bypasses permissions but by the setting, and then only within the policy', () => {
    const headers = { 'permission-mode': 'bypassPermissions' }
    expect(refusal({ headers })).toMatchObject({ code: 'tool_not_allowed', param: 'x-claude-permission-mode' })
    expect(refusal({ headers: { 'permission-mode': 'bypasspermissions' } }).code).toBe('invalid_value')
    expect(granted({ headers, policy: { ...READERS, mayBypass: true } })).toMatchObject({
      mode: 'work',
      isBypass: true,
      allowed: READERS.allowed,
    })
  })

  test('headers that others read are left to them', () => {
    const headers = { workspace: 'docs', 'mcp-servers': 'files', 'tool-events': 'true' }
    expect(granted({ headers })).toEqual(granted({}))
  })
})

describe('what goes beyond is refused', () => {
  test.each<[string, Case, string, string]>([
    [
      'a tool beyond the policy',
      { headers: { 'allowed-tools': 'Read,Bash' }, policy: READERS },
      'Bash',
      'allowed-tools',
    ],
    [
      'its plain name',
      { headers: { 'allowed-tools': 'run_command' }, policy: READERS },
      'run_command',
      'allowed-tools',
    ],
    [
      'a tool beyond the key',
      { headers: { 'allowed-tools': 'Bash' }, grant: { tools: ['Read'] } },
      'Bash',
      'allowed-tools',
    ],
    [
      'a tool of the key beyond the policy',
      { headers: { 'allowed-tools': 'Bash' }, grant: { tools: ['Bash'] }, policy: READERS },
      'Bash',
      'allowed-tools',
    ],
    [
      'commands without a sandbox',
      { headers: { 'allowed-tools': 'Bash' }, wishes: { commands: 'none' } },
      'no sandbox',
      'allowed-tools',
    ],
    [
      'a mode beyond the policy',
      { headers: { 'permission-mode': 'plan' }, policy: { permissionModes: ['default'] } },
      'plan',
      'permission-mode',
    ],
  ])('%s', (_, which, named, header) => {
    expect(refusal(which)).toMatchObject({
      code: 'tool_not_allowed',
      param: `x-claude-${header}`,
      message: expect.stringContaining(named),
    })
  })

  test.each<[string, Case]>([
    ['by the policy', { policy: READERS }],
    ['by the key', { grant: { tools: ['Read'] } }],
    ['by the mode', { headers: { 'permission-mode': 'plan' } }],
    ['by the request itself', { headers: { 'disallowed-tools': 'Write' } }],
  ])('a function that is a tool which is not allowed %s', (_, which) => {
    const wishes = { functionNames: ['get_weather', 'write_file'] }
    expect(refusal({ ...which, wishes })).toMatchObject({
      code: 'tool_not_allowed',
      param: 'tools',
      message: expect.stringContaining("'write_file' (Write)"),
    })
  })

  test('a key without the scope', () => {
    expect(refusal({ grant: { scopes: ['chat'] } })).toMatchObject({ code: 'missing_scope', param: 'enable_tools' })
    const wishes = { isEnabled: false, webSearch: true }
    expect(refusal({ grant: { scopes: ['admin'] }, wishes }).code).toBe('missing_scope')
  })

  test('the reason says whose word it is', () => {
    const within = { policy: READERS, grant: { ...FULL_GRANT, tools: ['Read'] }, commands: 'none' } as const
    expect(OWN_TOOLS.map((tool) => whyNot(tool, within)?.split(' ')[1])).toEqual([
      undefined,
      'API',
      'API',
      ...Array.from({ length: 5 }, () => "server's"),
    ])
    expect(whyNot('Bash', { policy: ALL, grant: FULL_GRANT, commands: 'none' })).toContain('sandbox')
  })
})

describe('what cannot be understood is refused by the name of its header', () => {
  test.each<[string, string, string]>([
    ['allowed-tools', 'Bash(git *)', 'invalid_value'],
    ['allowed-tools', 'Bash(git log, git status)', 'invalid_value'],
    ['allowed-tools', 'Bash(*)', 'invalid_value'],
    ['allowed-tools', 'Bash:*', 'invalid_value'],
    ['allowed-tools', '*', 'invalid_value'],
    ['allowed-tools', 'bash', 'invalid_value'],
    ['allowed-tools', 'Read Grep', 'invalid_value'],
    ['allowed-tools', '', 'invalid_value'],
    ['allowed-tools', ',', 'invalid_value'],
    ['allowed-tools', 'mcp__files', 'invalid_value'],
    ['allowed-tools', 'mcp__files__*', 'invalid_value'],
    ['allowed-tools', 'mcp____x', 'invalid_value'],
    ['disallowed-tools', 'Bash(rm *)', 'invalid_value'],
    ['disallowed-tools', 'Bsh', 'invalid_value'],
    ['disallowed-tools', 'mcp__a b__c', 'invalid_value'],
    ['max-turns', '0', 'integer_below_min_value'],
    ['max-turns', '-1', 'integer_below_min_value'],
    ['max-turns', '51', 'integer_above_max_value'],
    ['max-turns', '1.5', 'invalid_type'],
    ['max-turns', '1e2', 'invalid_type'],
    ['max-turns', '', 'invalid_type'],
    ['max-turns', 'all', 'invalid_type'],
    ['max-thinking-tokens', '1000001', 'integer_above_max_value'],
    ['max-thinking-tokens', '-1', 'integer_below_min_value'],
    ['permission-mode', 'auto', 'invalid_value'],
    ['permission-mode', 'PLAN', 'invalid_value'],
    ['permission-mode', '', 'invalid_value'],
    ['something-new', '1', 'unsupported_parameter'],
  ])('X-Claude-%s: %j', (name, value, code) => {
    expect(refusal({ headers: { [name]: value } })).toMatchObject({ code, param: `x-claude-${name}` })
  })

  test('a rule for a part of a tool is told apart from an unknown name', () => {
    for (const rule of ['Bash(ls)', 'Bash(git log, ls)', 'Bash:ls', 'mcp__files__*']) {
      expect(refusal({ headers: { 'allowed-tools': rule } }).message).toContain('only whole tools can be named')
    }
    expect(refusal({ headers: { 'allowed-tools': 'Bsh' } }).message).toContain("no tool 'Bsh'")
  })

  test('too many calls are told the most', () => {
    expect(refusal({ headers: { 'max-turns': '51' } }).message).toContain('<= 50')
  })

  test.each(['allowed-tools', 'max-turns', 'permission-mode', 'workspace', 'mcp-servers', 'tool-events'])(
    'X-Claude-%s without enable_tools',
    (name) => {
      const wishes = { isEnabled: false, webSearch: true }
      expect(refusal({ headers: { [name]: '1' }, wishes })).toMatchObject({
        code: 'unsupported_parameter',
        param: `x-claude-${name}`,
        message: expect.stringContaining('enable_tools'),
      })
    },
  )
})

describe('functions with plain names', () => {
  test('are tools here, and do not narrow', () => {
    const functionNames = ['get_weather', 'read_file', 'Read', 'list_directory']
    expect(granted({ wishes: { functionNames }, policy: READERS })).toMatchObject({
      allowed: ['Read', 'Glob', 'Grep'],
      ownFunctionNames: ['read_file', 'list_directory'],
    })
  })

  test('come to those that a header names', () => {
    const wishes = { functionNames: ['write_file'] }
    expect(granted({ wishes, headers: { 'allowed-tools': 'Read' } }).allowed).toEqual(['Read', 'Write'])
  })
})

describe('web_search_options', () => {
  test('alone turn on the search of the web and nothing else, and leave functions to the caller', () => {
    const wishes = { isEnabled: false, webSearch: true, functionNames: ['read_file'] }
    expect(granted({ wishes })).toMatchObject({ allowed: ['WebSearch'], ownFunctionNames: [] })
  })

  test('come to what enable_tools turns on', () => {
    const headers = { 'allowed-tools': 'Read' }
    expect(granted({ wishes: { webSearch: true }, headers }).allowed).toEqual(['Read', 'WebSearch'])
  })

  test('are refused where the search is not allowed', () => {
    expect(refusal({ wishes: { isEnabled: false, webSearch: true }, policy: READERS })).toMatchObject({
      code: 'tool_not_allowed',
      param: 'web_search_options',
      message: expect.stringContaining('WebSearch'),
    })
  })
})
