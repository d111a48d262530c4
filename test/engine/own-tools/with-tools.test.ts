import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  existsSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { OwnTools } from '../../../src/turn/own-tools.ts'
import type { Meter, Spending } from '../../../src/turn/spending.ts'
import type { TurnEvent } from '../../../src/turn/turn-event.ts'
import type { Turn } from '../../../src/turn/turn.ts'
import { KEY, simpleTurn, startTestEngine, type TestEngine } from '../../support/engine.ts'
import { testInCommandSandbox, testInSandbox } from '../../support/sandbox.ts'
import { says, type SaysOptions, searches, stallsBeforeHeaders } from '../../support/scripted-model-answers.ts'

let fixture: TestEngine
let root: string
let workspace: string

beforeAll(async () => {
  fixture = await startTestEngine({ TOOL_TIMEOUT: '20000' })
  root = realpathSync(mkdtempSync(join(tmpdir(), 'dragoman-tools-')))
})

beforeEach(() => {
  fixture.model.forget()
  workspace = mkdtempSync(join(root, 'workspace-'))
})

afterAll(async () => {
  await fixture[Symbol.asyncDispose]()
  rmSync(root, { recursive: true, force: true })
})

const granted = (given: Partial<OwnTools> = {}): Partial<Turn> => ({
  ownTools: { allowed: ['Read', 'Glob', 'Grep'], workspace, maxTurns: 10, mode: 'work', mcpServers: [], ...given },
})

let calls = 0
const uses = (name: string, input: Record<string, string | boolean | number>, text = ''): ReturnType<typeof says> => {
  calls += 1
  const options: SaysOptions = { calls: [{ id: `toolu_${calls}`, name, input }] }
  return says(text, options)
}

const textOf = (events: readonly TurnEvent[]): string =>
  events.map((event) => (event.type === 'text' ? event.text : '')).join('')
const ends = (events: readonly TurnEvent[]) => events.filter((event) => event.type === 'own_tool_end')

/** A command that asks the model in Claude Code's place. */
const asksModel = (() => {
  const body = '{"model":"claude-opus-5-5","max_tokens":9,"messages":[{"role":"user","content":"Hi"}],"stream":true}'
  return `curl -s -m 1 -o /dev/null "$ANTHROPIC_BASE_URL/v1/messages" -H 'content-type: application/json' -H 'anthropic-version: 2023-06-01' -d '${body}'`
})()

/** Processes of this machine that were started just so. */
const running = (commandLine: string): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(join('/proc', pid, 'cmdline'), 'utf8') === commandLine
    } catch {
      return false
    }
  })

describe('a turn with tools', () => {
  test('answers from what it has read, with all of its texts', async () => {
    writeFileSync(join(workspace, 'a.txt'), 'the canary sings\n')
    // None of what it is told to obey there is obeyed.
    const hook = { hooks: [{ type: 'command', command: `touch ${join(workspace, 'hooked')}` }] }
    const server = { command: 'touch', args: [join(workspace, 'served')] }
    mkdirSync(join(workspace, '.claude'))
    writeFileSync(join(workspace, 'CLAUDE.md'), 'Rules of the workspace.')
    writeFileSync(
      join(workspace, '.claude', 'settings.json'),
      JSON.stringify({ hooks: { SessionStart: [hook], UserPromptSubmit: [hook] }, enableAllProjectMcpServers: true }),
    )
    writeFileSync(join(workspace, '.mcp.json'), JSON.stringify({ mcpServers: { evil: server } }))
    fixture.model.script(
      uses('Grep', { pattern: 'canary', path: workspace }, 'Let me look.'),
      uses('Read', { file_path: join(workspace, 'a.txt') }),
      says('It sings.'),
    )
    const events = await fixture.ask(granted())
    expect(textOf(events)).toBe('Let me look.\n\nIt sings.')
    expect(JSON.stringify(fixture.model.requests.map(({ body }) => body))).not.toContain('Rules of the workspace')
    expect(readdirSync(workspace).toSorted()).toEqual(['.claude', '.mcp.json', 'CLAUDE.md', 'a.txt'])
    expect(ends(events)).toMatchObject([
      { name: 'Grep', outcome: 'done', output: expect.stringContaining('a.txt') },
      { name: 'Read', outcome: 'done', output: expect.stringContaining('the canary sings') },
    ])
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'done', usage: { inputTokens: 30 } })
  })

  test('denies what was not granted and what is outside the workspace', async () => {
    writeFileSync(join(root, 'secret'), 'hidden words')
    symlinkSync(join(root, 'secret'), join(workspace, 'link'))
    fixture.model.script(
      uses('Bash', { command: 'cat /etc/passwd' }),
      uses('Read', { file_path: join(workspace, 'link') }),
      uses('Read', { file_path: '/proc/self/environ' }),
      uses('Write', { file_path: join(workspace, 'new'), content: 'x' }),
      says('I could not.'),
    )
    const events = await fixture.ask(granted())
    expect(ends(events).map(({ name, outcome, isUnknown }) => [name, outcome, isUnknown])).toEqual([
      ['Bash', 'failed', true],
      ['Read', 'denied', undefined],
      // By Claude Code itself, before it asks.
      ['Read', 'failed', true],
      ['Write', 'failed', true],
    ])
    expect(JSON.stringify(fixture.model.requests.at(-1)?.body)).not.toContain('hidden words')
    expect(existsSync(join(workspace, 'new'))).toBe(false)
  })

  test('that the operator lets be unguarded reads outside of the workspace too', async () => {
    writeFileSync(join(root, 'elsewhere'), 'open words')
    fixture.model.script(uses('Read', { file_path: join(root, 'elsewhere') }), says('Done.'))
    const events = await fixture.ask(granted({ isUnguarded: true }))
    expect(ends(events)).toMatchObject([{ outcome: 'done', output: expect.stringContaining('open words') }])
  })

  test('edits a file', async () => {
    writeFileSync(join(workspace, 'a.txt'), 'one two\n')
    fixture.model.script(
      uses('Read', { file_path: join(workspace, 'a.txt') }),
      uses('Edit', { file_path: join(workspace, 'a.txt'), old_string: 'two', new_string: 'three' }),
      says('Done.'),
    )
    await fixture.ask(granted({ allowed: ['Read', 'Edit'] }))
    expect(readFileSync(join(workspace, 'a.txt'), 'utf8')).toBe('one three\n')
  })

  testInSandbox('runs a command that sees the workspace and nothing else of this machine', async () => {
    mkdirSync(join(root, 'other'), { recursive: true })
    writeFileSync(join(root, 'other', 'secret'), 'hidden words')
    const command = [
      'echo made > made.txt',
      `cat ${join(root, 'other', 'secret')}`,
      'env',
      'cat /proc/[0-9]*/environ | tr "\\0" "\\n"',
      'cat /etc/shadow',
      'grep CapEff /proc/self/status',
      'mknod disk b 254 0',
      'mount -t tmpfs none /opt',
      `touch ${join(root, 'other', 'written')} ~/written /usr/written`,
      '(echo > /dev/tcp/127.0.0.1/22) 2>&1',
      'true',
    ].join('; ')
    fixture.model.script(uses('Bash', { command }), says('Done.'))
    const events = await fixture.ask(granted({ allowed: ['Bash'] }))
    const [end] = ends(events)
    expect(end).toMatchObject({ outcome: 'done' })
    expect(readdirSync(workspace)).toEqual(['made.txt'])
    expect(readdirSync(join(root, 'other'))).toEqual(['secret'])
    const output = JSON.stringify(fixture.model.requests.at(-1)?.body)
    expect(output).not.toContain('hidden words')
    expect(output).not.toContain('sk-ant-scripted-key')
    expect(output).not.toContain('root:$')
  })

  testInSandbox('leaves nothing running', async () => {
    fixture.model.script(uses('Bash', { command: 'setsid sleep 987 > /dev/null 2>&1 & echo started' }), says('Done.'))
    expect(ends(await fixture.ask(granted({ allowed: ['Bash'] })))).toMatchObject([{ output: 'started' }])
    expect(running('sleep\u0000987\u0000')).toEqual([])
  })

  testInSandbox('a command that runs when its caller leaves is ended with all that it started', async () => {
    fixture.model.script(uses('Bash', { command: 'setsid sleep 986 & sleep 986' }))
    const leaving = new AbortController()
    const events = fixture.begin(granted({ allowed: ['Bash'] }), leaving.signal)
    for (let next = await events.next(); next.value?.type !== 'own_tool_start'; next = await events.next());
    await vi.waitUntil(() => running('sleep\u0000986\u0000').length === 2, { timeout: 10_000, interval: 10 })
    leaving.abort()
    await expect(events.next()).rejects.toMatchObject({ kind: 'aborted' })
    expect(running('sleep\u0000986\u0000')).toEqual([])
  })

  testInSandbox('a tool that does not come to an end in its time is one that failed', async () => {
    const short = await startTestEngine({ TOOL_TIMEOUT: '1000' })
    try {
      short.model.script(uses('Bash', { command: 'sleep 985' }), says('It took too long.'))
      const events = await short.ask(granted({ allowed: ['Bash'] }))
      expect(ends(events)).toMatchObject([{ outcome: 'failed', output: expect.stringMatching(/timed out/i) }])
      expect(textOf(events)).toBe('It took too long.')
      expect(running('sleep\u0000985\u0000')).toEqual([])
    } finally {
      await short[Symbol.asyncDispose]()
    }
  })

  testInCommandSandbox(
    'without the egress, where the process has the login itself, a command does not see it',
    async () => {
      const bare = await startTestEngine({ EGRESS: 'false' })
      try {
        const command =
          'env; cat /proc/[0-9]*/environ | tr "\\0" "\\n"; (echo > /dev/tcp/1.1.1.1/80) 2>&1; echo made > made.txt'
        bare.model.script(uses('Bash', { command }), says('Done.'))
        expect(ends(await bare.ask(granted({ allowed: ['Bash'] })))).toMatchObject([{ outcome: 'done' }])
        const told = JSON.stringify(bare.model.requests.at(-1)?.body)
        expect(told).toContain('HOME=')
        expect(told).not.toContain(KEY)
        expect(readdirSync(workspace)).toEqual(['made.txt'])
      } finally {
        await bare[Symbol.asyncDispose]()
      }
    },
  )

  test('outside of the sandbox tells of no repository around the workspace, and leaves nothing in it', async () => {
    const around = mkdtempSync(join(root, 'around-'))
    const git = (...args: string[]): void => void execFileSync('git', args, { cwd: around, stdio: 'ignore' })
    git('init')
    git('-c', 'user.name=a', '-c', 'user.email=a@a.test', 'commit', '--allow-empty', '-m', 'hidden words')
    writeFileSync(join(around, 'hidden-file'), '')
    mkdirSync(join(around, 'inner'))
    writeFileSync(join(workspace, '.git'), `gitdir: ${join(around, '.git')}`)
    const other = await startTestEngine({ EGRESS: 'false' })
    try {
      for (const place of [workspace, join(around, 'inner')]) await other.ask(granted({ workspace: place }))
      expect(other.model.requests).toHaveLength(2)
      expect(JSON.stringify(other.model.requests.map(({ body }) => body))).not.toMatch(/hidden/)
      expect([readdirSync(workspace), readdirSync(join(around, 'inner'))]).toEqual([['.git'], []])
    } finally {
      await other[Symbol.asyncDispose]()
    }
  })

  test('costs what its calls cost, each of them told, and asks before each whether it may go on', async () => {
    fixture.model.script(uses('Glob', { pattern: '*' }, 'One.'), uses('Glob', { pattern: '*' }), says('Never said.'))
    const taken: Spending[] = []
    const asked: number[] = []
    const meter: Meter = {
      took: (spending) => taken.push(spending),
      mayGoOn: (fresh) => Promise.resolve(asked.push(fresh.length) < 2),
    }
    const events: TurnEvent[] = []
    const turn = { ...simpleTurn(), ...granted() }
    for await (const event of fixture.engine.run(turn, new AbortController().signal, meter)) events.push(event)
    expect(asked).toEqual([1, 1])
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'length', endedBy: 'budget' })
    expect(textOf(events)).toBe('One.')
    expect(taken).toHaveLength(2)
    expect(taken.every(({ usage }) => usage.inputTokens === 10 && usage.costUsd > 0)).toBe(true)
  })

  testInSandbox(
    'costs what its commands have asked the model for too, also what they have not waited for',
    async () => {
      const answers = [says('one'), stallsBeforeHeaders()]
      fixture.model.script(uses('Bash', { command: `${asksModel}; ${asksModel}` }), ...answers, says('Done.'))
      const taken: Spending[] = []
      const turn = { ...simpleTurn(), ...granted({ allowed: ['Bash'] }) }
      const events: TurnEvent[] = []
      const meter: Meter = { took: (spending) => taken.push(spending) }
      for await (const event of fixture.engine.run(turn, new AbortController().signal, meter)) events.push(event)
      expect(textOf(events)).toBe('Done.')
      expect(taken).toHaveLength(4)
      expect(taken.every(({ usage }) => usage.inputTokens > 0 && usage.costUsd > 0)).toBe(true)
    },
  )

  testInSandbox(
    'has a command ask the model API for nothing that the turn did not ask for, and searches all the same',
    async () => {
      const odd = asksModel.replace(
        '"max_tokens"',
        '"mcp_servers":[{"type":"url","url":"https://a.test"}],"max_tokens"',
      )
      fixture.model.script(
        uses('Bash', { command: odd }),
        uses('WebSearch', { query: 'news' }),
        searches([{ title: 'Page', url: 'https://page.test' }]),
        says('Done.'),
      )
      const before = fixture.model.requests.length
      const events = await fixture.ask(granted({ allowed: ['Bash', 'WebSearch'] }))
      expect(textOf(events)).toBe('Done.')
      expect(ends(events)[1]).toMatchObject({ name: 'WebSearch', sources: [{ url: 'https://page.test' }] })
      expect(fixture.model.requests).toHaveLength(before + 4)
      expect(fixture.log.filter((line) => line.includes('it has an unknown field'))).toHaveLength(1)
    },
  )

  test('ends at the limit of its turns', async () => {
    fixture.model.otherwise(uses('Glob', { pattern: '*' }, 'Again.'))
    const events = await fixture.ask(granted({ maxTurns: 2 }))
    fixture.model.otherwise(says('Hello from the scripted model.'))
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'length', endedBy: 'turn_limit' })
  })

  testInSandbox('ends there too when a command has asked the model in its place', async () => {
    const before = fixture.model.requests.length
    fixture.model.script(uses('Bash', { command: `for i in $(seq 12); do ${asksModel}; done` }, 'Wait.'))
    const events = await fixture.ask(granted({ allowed: ['Bash'], maxTurns: 2 }))
    expect(textOf(events)).toBe('Wait.')
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'length', endedBy: 'turn_limit' })
    expect(fixture.model.requests).toHaveLength(before + 9)
  })

  test('ends with a call of one of the caller’s functions', async () => {
    fixture.model.script(uses('Glob', { pattern: '*' }), uses('get_weather', { city: 'Bern' }, 'Asking.'))
    const toolUse: NonNullable<Turn['toolUse']> = {
      tools: [
        {
          name: 'get_weather',
          description: 'The weather',
          inputSchema: { type: 'object', properties: { city: { type: 'string' } } },
        },
      ],
      choice: 'auto',
      parallel: true,
    }
    const events = await fixture.ask({ ...granted(), toolUse })
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'tool_calls' })
    expect(events.filter(({ type }) => type === 'tool_call')).toMatchObject([{ name: 'get_weather' }])
    expect(ends(events)).toMatchObject([{ name: 'Glob' }])
  })

  test('tells a failure of a later call as what it met', async () => {
    const { fails } = await import('../../support/scripted-model-answers.ts')
    fixture.model.script(uses('Glob', { pattern: '*' }), fails(529))
    await expect(fixture.ask(granted())).rejects.toMatchObject({ kind: 'upstream_overloaded' })
  })

  test('goes on at most once after a limit', async () => {
    const before = fixture.model.requests.length
    fixture.model.script(says('cut', { stopReason: 'max_tokens' }))
    expect((await fixture.ask(granted())).at(-1)).toMatchObject({ reason: 'length' })
    expect(fixture.model.requests.length - before).toBe(1)
  })
})
