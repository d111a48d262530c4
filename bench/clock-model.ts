/**
 * The model of the bench. Each delta is a stamp, ` number@sent@arrived`: which it is, when it left here and when the call
 * came, by the clock that all processes share. So a caller knows of each delta whether it came, in what order and how late.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { lastQuestion } from '../src/demo/last-question.ts'
import { messageEvents } from '../src/demo/message-events.ts'
import { type MessagesApi, type MessagesCall, startMessagesApi } from '../src/demo/messages-api.ts'
import { sharedNow } from './clock.ts'

export function startClockModel(): Promise<MessagesApi> {
  return startMessagesApi({ onCall: answer })
}

/** The question that is answered with this many deltas, one every so many milliseconds. */
export function clockQuestion(deltas: number, everyMs: number): string {
  return `bench ${deltas} deltas every ${everyMs} ms`
}

async function answer({ checked, reply, signal }: MessagesCall): Promise<void> {
  const arrived = sharedNow()
  if (checked.problem !== undefined) return reply.problem(checked.problem)
  const asked = /bench (\d+) deltas every (\d+) ms/.exec(lastQuestion(checked.request).text)
  const deltas = Number(asked?.[1] ?? 1)
  const everyMs = Number(asked?.[2] ?? 0)
  const usage = { inputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: deltas, thinkingTokens: 0 }
  const blocks = [{ type: 'text', pieces: [''] }] as const
  const { model } = checked.request
  reply.startStream()
  for (const event of messageEvents('msg_bench', {
    model,
    blocks,
    stopReason: 'end_turn',
    stopSequence: null,
    usage,
  })) {
    if (event.type !== 'content_block_delta') {
      await reply.event(event)
      continue
    }
    for (let number = 0; number < deltas; number += 1) {
      // By the clock and not by the last delta: lateness does not add up.
      if (everyMs > 0) await delay(Math.max(0, arrived + (number + 1) * everyMs - sharedNow()), undefined, { signal })
      const text = ` ${number}@${sharedNow().toFixed(3)}@${arrived.toFixed(3)}`
      await reply.event({ ...event, delta: { type: 'text_delta', text } })
    }
  }
  reply.end()
}
