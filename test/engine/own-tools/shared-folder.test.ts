import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, vi } from 'vitest'
import type { OwnToolName } from '../../../src/turn/own-tools.ts'
import type { Turn } from '../../../src/turn/turn.ts'
import { startTestEngine } from '../../support/engine.ts'
import { testInCommandSandbox } from '../../support/sandbox.ts'
import { says } from '../../support/scripted-model-answers.ts'

let root = ''
let workspace = ''
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'dragoman-shared-')))
  workspace = mkdtempSync(join(root, 'workspace-'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const granted = (tool: OwnToolName): Partial<Turn> => ({
  ownTools: { allowed: [tool], workspace, maxTurns: 100, mode: 'work', mcpServers: [] },
})

let calls = 0
const uses = (name: OwnToolName, input: Record<string, string>): ReturnType<typeof says> => {
  calls += 1
  return says('', { calls: [{ id: `toolu_${calls}`, name, input }] })
}

// Where file tools are outside of the sandbox, and so reach what the server can.
testInCommandSandbox('no command of one turn exchanges a file while a tool of another one opens it', async () => {
  const secret = join(root, 'elsewhere')
  writeFileSync(secret, 'hidden words')
  const swap = `cp --remove-destination plain f; sleep 0.01; ln -sfn ${secret} f; sleep 0.01`
  const command = `echo plain > plain; while :; do ${swap}; done`
  const bare = await startTestEngine({ EGRESS: 'false', TOOL_TIMEOUT: '1000' })
  const leaving = new AbortController()
  try {
    let reads = 0
    bare.model.otherwise((request, reply) => {
      if (JSON.stringify(request.body['tools']).includes('"Bash"')) return uses('Bash', { command })(request, reply)
      reads += 1
      return (reads > 20 ? says('Done.') : uses('Read', { file_path: join(workspace, 'f') }))(request, reply)
    })
    const other = bare.ask(granted('Bash'), leaving.signal).catch(() => 'left')
    await vi.waitUntil(() => existsSync(join(workspace, 'f')), { timeout: 20_000 })
    await bare.ask(granted('Read'))
    leaving.abort()
    expect(await other).toBe('left')
    const told = bare.model.requests.map(({ body }) => JSON.stringify(body))
    expect(told.some((body) => body.includes('hidden words'))).toBe(false)
  } finally {
    await bare[Symbol.asyncDispose]()
  }
})
