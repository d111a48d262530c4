import { expect, test } from 'vitest'
import { alternating } from '../support/long-history.ts'
import { sentBy } from '../support/sent.ts'
import { startTestServer } from '../support/server.ts'

test('row 48: 200 messages reach the model in order and with their roles', async () => {
  await using running = await startTestServer()
  const messages = alternating(201, 100)
  expect((await running.chat({ messages })).status).toBe(200)
  const sent = sentBy(running.model.requests.at(-1)).messages
  expect(sent.map(({ role, texts }) => ({ role, content: texts.join('') }))).toEqual(messages)
})
