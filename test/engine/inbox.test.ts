import { expect, it } from 'vitest'
import { Inbox } from '../../src/engine/inbox.ts'
import { TurnFailure } from '../../src/turn/turn-failure.ts'

it('a process that says more than is read is held back, until half of it is', async () => {
  const flow: string[] = []
  const inbox = new Inbox<number>({ hold: () => flow.push('hold'), resume: () => flow.push('resume') })
  const wait = {
    timeoutMs: 1000,
    onTimeout: () => new TurnFailure('upstream_timeout', ''),
    signal: new AbortController().signal,
  }
  for (let n = 0; n < 256; n += 1) inbox.put(n)
  expect(flow).toEqual([])
  inbox.put(256)
  expect(flow).toEqual(['hold'])
  for (let n = 0; n < 128; n += 1) expect(await inbox.take(wait)).toBe(n)
  expect(flow).toEqual(['hold'])
  await inbox.take(wait)
  expect(flow).toEqual(['hold', 'resume'])
})
