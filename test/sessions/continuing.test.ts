/** A session on the real binary: by the process that holds it while there is one, from the database after a restart. */
import { expect, test } from 'vitest'
import { z } from 'zod'
import { chatCompletionSchema } from '../../src/wire/chat-response.ts'
import { says } from '../support/scripted-model-answers.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { createSessionsOn } from '../support/sessions.ts'
import { createTestStore } from '../support/store.ts'

const TOOL = { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }
const sent = z.object({ messages: z.array(z.object({ role: z.string(), content: z.unknown() })) })

async function ask(server: TestServer, messages: unknown[], body: Record<string, unknown> = {}) {
  const response = await server.chat({ session_id: 'one', messages, ...body })
  const answer = chatCompletionSchema.parse(await response.json())
  const line = server.log
    .map((text) => z.record(z.string(), z.unknown()).parse(JSON.parse(text)))
    .findLast(({ msg }) => msg === 'request')
  return { message: answer.choices[0]?.message, turn: answer.session?.turn, lease: line?.['lease'] }
}
const lastBody = ({ model }: TestServer): string =>
  JSON.stringify(sent.parse(model.requests.at(-1)?.body).messages.filter(({ role }) => role !== 'system'))

test('goes on by the process that holds it, and from the database after a restart, with what was thought', async () => {
  await using subject = createTestStore()
  const sessions = createSessionsOn(subject.store)
  // The database is open before the servers look at what they leave open.
  await sessions.stats('anybody')
  const start = () => startTestServer({ REUSE_WORKERS: 'true', MAX_WORKERS: '2' }, { sessions })
  {
    await using server = await start()
    await server.proven()
    await ask(server, [{ role: 'user', content: 'My name is Ann.' }])
    const second = await ask(server, [{ role: 'user', content: 'What is it?' }])
    expect(second).toMatchObject({ turn: 2, lease: 'continued' })
    server.model.script(says('', { thinking: 'Let me look.', calls: [{ id: 'toolu_look', name: 'look', input: {} }] }))
    const called = await ask(server, [{ role: 'user', content: 'Look.' }], { tools: [TOOL], reasoning_effort: 'high' })
    expect(called.message?.tool_calls?.[0]?.id).toBe('call_look')
  }
  await using server = await start()
  const result = { role: 'tool', tool_call_id: 'call_look', content: 'It is blue.' }
  const after = await ask(server, [result], { tools: [TOOL], reasoning_effort: 'high' })
  expect(after.turn).toBe(4)
  const body = lastBody(server)
  for (const said of ['My name is Ann.', 'What is it?', 'Look.', 'Let me look.', 'It is blue.'])
    expect(body).toContain(said)
  expect(body).toMatch(/"type":"thinking","thinking":"Let me look\.","signature":"[^"]+"/)
  sessions.close()
})
