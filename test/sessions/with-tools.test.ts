/** Sessions with Claude Code's own tools: what they did is known in the next turn, on another server too. */
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gated, says } from '../support/scripted-model-answers.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { createSessionsOn } from '../support/sessions.ts'
import { createTestStore, type TestStore } from '../support/store.ts'

let store: TestStore
let folder: string

beforeAll(async () => {
  store = createTestStore()
  // What it opens is not the engines' to close.
  await createSessionsOn(store.store).stats('nobody')
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'dragoman-repository-')))
  writeFileSync(join(folder, 'birds.txt'), 'the canary sings\n')
})
afterAll(async () => {
  await store[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

const start = (): Promise<TestServer> =>
  startTestServer({ WORKSPACES: JSON.stringify({ birds: folder }) }, { sessions: createSessionsOn(store.store) })

async function ask(server: TestServer, content: string, body: Record<string, unknown> = {}): Promise<unknown> {
  const response = await server.chat(
    { messages: [{ role: 'user', content }], session_id: 'birds', enable_tools: true, ...body },
    { headers: { 'content-type': 'application/json', 'x-claude-workspace': 'birds' } },
  )
  return response.json()
}

const use = (id: string, name: string, input: Record<string, string>) => says('', { calls: [{ id, name, input }] })

/** What stands in the last call of the model, in order: roles, and what the tools were asked and gave. */
const lastBody = (server: TestServer): string => JSON.stringify(server.model.requests.at(-1)?.body['messages'])

test('a session goes on from its tool steps after a restart, and a plain turn between is not forgotten', async () => {
  const first = await start()
  try {
    first.model.script(use('toolu_1', 'Read', { file_path: join(folder, 'birds.txt') }), says('It sings.'))
    expect(await ask(first, 'What does it do?')).toMatchObject({ choices: [{ message: { content: 'It sings.' } }] })
  } finally {
    await first[Symbol.asyncDispose]()
  }
  const second = await start()
  try {
    const reply = gated(['A canary.'])
    second.model.script(reply)
    const asked = ask(second, 'Which bird?')
    await second.model.nextRequest()
    // Were the server killed now, the next one would know what to sweep.
    const runs = readdirSync(join(second.config.DATA_DIR, 'run'), { recursive: true, encoding: 'utf8' })
    expect(runs.filter((name) => name.endsWith('.transcript'))).toHaveLength(1)
    reply.release()
    expect(await asked).toMatchObject({ session: { id: 'birds', turn: 2 } })
    expect(lastBody(second)).toMatch(/What does it do.*toolu_1.*the canary sings.*It sings\..*Which bird/s)

    // A turn without tools takes part in the conversation as it is stored.
    second.model.script(says('Yes.'))
    await ask(second, 'Is it yellow?', { enable_tools: false, session_id: 'birds' }).then((answer) =>
      expect(answer).toMatchObject({ error: { code: 'unsupported_parameter' } }),
    )
    second.model.forget()
    second.model.script(says('Yes.'), says('Bye.'))
    const plain = await second.chat({ messages: [{ role: 'user', content: 'Is it yellow?' }], session_id: 'birds' })
    expect(await plain.json()).toMatchObject({ session: { turn: 3 } })
    await ask(second, 'Good bye.')
    expect(lastBody(second)).toMatch(/What does it do.*It sings\..*Which bird.*A canary\..*yellow.*Yes\..*Good bye/s)
  } finally {
    await second[Symbol.asyncDispose]()
  }
})

test('a turn that fails leaves no steps behind', async () => {
  const server = await start()
  try {
    const { fails } = await import('../support/scripted-model-answers.ts')
    server.model.script(use('toolu_2', 'Read', { file_path: join(folder, 'birds.txt') }), fails(400))
    expect(await ask(server, 'Fail.', { session_id: 'other' })).toMatchObject({
      error: { type: 'invalid_request_error' },
    })
    server.model.script(says('Hello.'))
    expect(await ask(server, 'Again.', { session_id: 'other' })).toMatchObject({ session: { turn: 1 } })
    expect(lastBody(server)).not.toContain('toolu_2')
  } finally {
    await server[Symbol.asyncDispose]()
  }
})
