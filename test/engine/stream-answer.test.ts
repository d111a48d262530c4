import { describe, expect, it } from 'vitest'
import type { SDKMessage } from '../../src/engine/claude-code.ts'
import { Inbox } from '../../src/engine/inbox.ts'
import { type Reader, streamAnswer } from '../../src/engine/stream-answer.ts'

/** A process that says this piece fifteen times. @returns how many of them are read before the answer is broken off */
async function readOf(delta: object): Promise<number> {
  const inbox = new Inbox<SDKMessage>({ hold: () => undefined, resume: () => undefined })
  const said: unknown = {
    type: 'stream_event',
    parent_tool_use_id: null,
    uuid: 'u',
    session_id: 's',
    event: { type: 'content_block_delta', index: 0, delta },
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as a process says it
  for (let n = 0; n < 15; n += 1) inbox.put(said as SDKMessage)
  let read = 0
  const reader: Reader = {
    stopped: undefined,
    isCut: false,
    goesOn: false,
    patienceMs: undefined,
    reasoning: { callIds: [], thoughts: [] },
    message: undefined,
    read: () => {
      read += 1
      return []
    },
    finish: () => [],
    finishWithoutResult: () => [],
  }
  const answer = streamAnswer({
    inbox,
    reader,
    deadlines: { firstEventMs: 50, idleMs: 50 },
    facts: { calls: 1 },
    signal: new AbortController().signal,
    onAnswer: undefined,
    onResult: () => 0,
    interrupt: () => Promise.resolve(),
  })
  await expect(answer.next()).rejects.toMatchObject({ kind: 'stream_interrupted' })
  return read
}

describe('an answer', () => {
  const much = 'x'.repeat(4_000_000)

  it.each([
    ['text', { type: 'text_delta', text: much }],
    ['thought', { type: 'thinking_delta', thinking: much }],
    ['a call', { type: 'input_json_delta', partial_json: much }],
  ])("is broken off where it is longer than any model's: %s", async (_, delta) => {
    expect(await readOf(delta)).toBe(10)
  })
})
