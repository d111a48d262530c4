/** Row 48 in full: about a minute. */
import { expect, it } from 'vitest'
import { dial, rawRequest } from '../support/app.ts'
import { metric, startLoadServer } from '../support/load-run.ts'
import { alternating } from '../support/long-history.ts'
import { sentBy } from '../support/sent.ts'

it('2,000 messages reach the model in order and with their roles', async () => {
  await using load = await startLoadServer()
  const messages = alternating(1999, 100)
  const response = await fetch(`${load.server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sonnet', messages }),
  })
  expect(response.status).toBe(200)
  const sent = sentBy(load.model.requests.at(-1)).messages
  expect(sent.map(({ role, texts }) => ({ role, content: texts.join('') }))).toEqual(messages)
})

it('a body of 20 MB in 2,000 messages holds nobody else up for longer than 100 ms', async () => {
  await using load = await startLoadServer({ HEARTBEAT_INTERVAL: '50' })
  const { server } = load
  const longestBlock = async (): Promise<number> =>
    ((await metric(server, 'nodejs_eventloop_lag_max_seconds'))[''] ?? Number.NaN) * 1000
  const body = JSON.stringify({ model: 'sonnet', stream: true, messages: alternating(1999, 9_900) })
  expect(body.length).toBeGreaterThan(19_000_000)
  const bytes = Buffer.from(rawRequest('POST /v1/chat/completions', body, ['content-type: application/json']))
  const post = async (): Promise<number> => {
    await longestBlock()
    const { socket, received } = dial(Number(new URL(server.url).port))
    socket.write(bytes)
    // The history is read by then, and is on its way into a process, which takes that process 20 s.
    expect(await received(': ping')).toMatch(/^HTTP\/1\.1 200 /)
    socket.destroy()
    return longestBlock()
  }
  const blocked: number[] = []
  for (let number = 0; number < 6; number += 1) blocked.push(await post())
  console.log(blocked)
  // The first also compiles what it runs through, and a neighbour on the same cores can hold up any single one.
  expect(Math.min(...blocked)).toBeLessThan(100)
})
