import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createPrices } from '../../src/engine/prices.ts'
import { findModel } from '../../src/turn/model.ts'
import type { Meter, Spending } from '../../src/turn/spending.ts'
import type { TurnEvent } from '../../src/turn/turn-event.ts'
import type { Turn } from '../../src/turn/turn.ts'
import { assistant, simpleTurn, startTestEngine, type TestEngine, textOf, user } from '../support/engine.ts'
import {
  cuts,
  cutsBeforeStream,
  errorsMidStream,
  fails,
  raw,
  says,
  stalls,
  stallsBeforeHeaders,
} from '../support/scripted-model-answers.ts'

const MODEL = 'claude-sonnet-5-5'
const COUNTED = { inputTokens: 100, cacheReadTokens: 20, cacheWriteTokens: 30, outputTokens: 7, thinkingTokens: 2 }
/** As `COUNTED`, in neutral words. */
const USAGE = { inputTokens: 150, cacheReadTokens: 20, cacheWriteTokens: 30, outputTokens: 7, reasoningTokens: 2 }
/** At 2, 0.1, 2.5 and 10 USD for a million tokens. */
const INPUT_USD = (100 * 2 + 20 * 0.1 + 30 * 2.5) / 1e6
const COST = INPUT_USD + (7 * 10) / 1e6

const exactly = { model: MODEL, usage: { ...USAGE, costUsd: expect.closeTo(COST, 9) }, isEstimate: false }

/** What was counted of the input, with output as far as it was seen. */
function brokenOff(outputTokens: number, reasoningTokens = 0, paidOutput = outputTokens): object {
  const costUsd = expect.closeTo(INPUT_USD + (paidOutput * 10) / 1e6, 9)
  return { model: MODEL, usage: { ...USAGE, outputTokens, reasoningTokens, costUsd }, isEstimate: true }
}

/** Of the model whose prices stand above. */
const aTurn = (): Turn => ({ ...simpleTurn(), model: 'sonnet' })

interface Metered {
  /** What was told, and where a finish or a failure came. */
  readonly told: (Spending | 'finish' | 'failure')[]
  readonly events: TurnEvent[]
  readonly failure: unknown
}

describe.each([
  ['with the egress', 'true'],
  ['without the egress', 'false'],
])('%s the meter', (_, EGRESS) => {
  let test: TestEngine
  const inputTokens = EGRESS === 'true' ? 602 : 2002
  /** Of a call that never began: its input is reckoned from the turn. */
  const unanswered = {
    model: MODEL,
    usage: { inputTokens, outputTokens: 0, costUsd: expect.closeTo((inputTokens * 2) / 1e6, 9) },
    isEstimate: true,
  }
  beforeAll(async () => {
    test = await startTestEngine({ EGRESS, REUSE_WORKERS: 'true', MAX_WORKERS: '1' })
    await test.proven()
  })
  afterAll(() => test[Symbol.asyncDispose]())
  afterEach(() => test.model.forget())

  async function run(turn: Partial<Turn> = {}, onEvent?: (event: TurnEvent) => unknown): Promise<Metered> {
    const told: Metered['told'] = []
    const events: TurnEvent[] = []
    const meter: Meter = { took: (spending) => void told.push(spending) }
    const leaving = new AbortController()
    try {
      for await (const event of test.engine.run({ ...aTurn(), ...turn }, leaving.signal, meter)) {
        events.push(event)
        if (event.type === 'finish') told.push('finish')
        if (onEvent?.(event) === 'leave') leaving.abort()
      }
      return { told, events, failure: undefined }
    } catch (failure) {
      told.push('failure')
      return { told, events, failure }
    }
  }

  it('hears what an answer took before its finish, at what Claude Code reckons', async () => {
    test.model.script(says('Hello there', { usage: COUNTED }))
    const { told, events } = await run()
    expect(told).toEqual([exactly, 'finish'])
    expect(events.at(-1)).toMatchObject({ usage: { costUsd: expect.closeTo(COST, 9) } })
  })

  it('hears of each round of a tool loop', async () => {
    const toolUse = {
      tools: [{ name: 'look', inputSchema: { type: 'object' } }],
      choice: 'auto' as const,
      parallel: true,
    }
    test.model.script(
      says('', { usage: COUNTED, calls: [{ id: 'toolu_1', name: 'look', input: {} }] }),
      says('It is sunny', { usage: COUNTED }),
    )
    const conversation = aTurn().conversation
    const first = await run({ toolUse })
    const call = { type: 'tool_call' as const, id: 'toolu_1', name: 'look', input: {} }
    const result = {
      type: 'tool_result' as const,
      callId: 'toolu_1',
      content: [{ type: 'text' as const, text: 'sun' }],
    }
    const second = await run({
      toolUse,
      conversation: [...conversation, { role: 'assistant', content: [call] }, { role: 'user', content: [result] }],
    })
    expect(first.told).toEqual([exactly, 'finish'])
    expect(second.told).toEqual([exactly, 'finish'])
  })

  it('hears of an answer that a process would go on with: the first call in full, others if they began', async () => {
    test.model.otherwise(says('Hello there', { usage: COUNTED, stopReason: 'max_tokens' }))
    const { told } = await run()
    test.model.otherwise(says('Hello'))
    expect(told.at(-1)).toBe('finish')
    expect(told[0]).toMatchObject({ model: MODEL, usage: USAGE })
    if (EGRESS === 'true') expect(told).toEqual([exactly, 'finish'])
  })

  it('hears of a refusal', async () => {
    test.model.otherwise(says('No', { usage: COUNTED, stopReason: 'refusal' }))
    const { told } = await run()
    test.model.otherwise(says('Hello'))
    expect(told[0]).toMatchObject({ model: MODEL, usage: USAGE })
    if (EGRESS === 'true') expect(told).toEqual([exactly, 'finish'])
  })

  it('reckons an answer that is cut off at white space', async () => {
    test.model.script(stalls(['Hello\n', '\nthere'], { usage: COUNTED }))
    const { told, events } = await run({ stopSequences: ['\n\n'] })
    expect(textOf(events)).toBe('Hello')
    // The model said 12 characters.
    expect(told).toEqual([brokenOff(3), 'finish'])
    expect(events.at(-1)).not.toHaveProperty('usage.costUsd')
  })

  it('hears of a caller who leaves before the model begins', async () => {
    test.model.script(stallsBeforeHeaders())
    const before = test.model.requests.length
    const told: Spending[] = []
    const leaving = new AbortController()
    const events = test.engine.run(aTurn(), leaving.signal, { took: (spending) => void told.push(spending) })
    const next = events[Symbol.asyncIterator]().next()
    await vi.waitUntil(() => test.model.requests.length > before, { timeout: 10_000, interval: 5 })
    leaving.abort()
    await expect(next).rejects.toMatchObject({ kind: 'aborted' })
    expect(told).toMatchObject([unanswered])
  })

  it('hears of a caller who leaves in mid-answer: the input as it was counted, the output as it was seen', async () => {
    test.model.script(stalls(['Hello', ' there'], { usage: COUNTED, thinking: 'thinking of it' }))
    let text = ''
    const { told, failure } = await run({}, (event) => {
      if (event.type === 'text') text += event.text
      return text === 'Hello there' ? 'leave' : undefined
    })
    expect(failure).toMatchObject({ kind: 'aborted' })
    expect(told).toEqual([brokenOff(7, 4), 'failure'])
  })

  it('hears of a caller who reads no further', async () => {
    test.model.script(stalls(['Hello'], { usage: COUNTED }))
    const told: Spending[] = []
    const took = (spending: Spending): void => void told.push(spending)
    for await (const event of test.engine.run(aTurn(), new AbortController().signal, { took })) {
      if (event.type === 'text') break
    }
    expect(told).toEqual([brokenOff(2)])
  })

  it('hears of an answer that breaks off', async () => {
    test.model.script(cuts(['Hello', ' there'], { usage: COUNTED }))
    // Claude Code takes what it has seen for one token more.
    expect(await run()).toMatchObject({
      told: [brokenOff(3, 0, 4), 'failure'],
      failure: { kind: 'stream_interrupted' },
    })
    test.model.script(errorsMidStream(['Hello', ' there']))
    expect(await run()).toMatchObject({
      told: [{ model: MODEL, usage: { inputTokens: 10, outputTokens: 3 }, isEstimate: true }, 'failure'],
    })
  })

  it('hears of the second try alone when the model API failed at the first', async () => {
    test.model.script(fails(500), says('Hello there', { usage: COUNTED }))
    expect((await run()).told).toEqual([exactly, 'finish'])
  })

  it('hears of both tries when the first may have been worked on', async () => {
    test.model.script(cutsBeforeStream(), says('Hello there', { usage: COUNTED }))
    expect((await run()).told).toMatchObject([unanswered, exactly, 'finish'])
  })

  it.each([400, 401, 404, 429])('hears nothing when the model API answers %i', async (status) => {
    test.model.otherwise(fails(status))
    const { told } = await run()
    test.model.otherwise(says('Hello'))
    expect(told).toEqual(['failure'])
  })

  it('hears nothing when an error comes in place of the answer', async () => {
    const error = JSON.stringify({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })
    test.model.otherwise(raw([`event: error\ndata: ${error}\n\n`]))
    const { told } = await run()
    test.model.otherwise(says('Hello'))
    expect(told).toEqual(['failure'])
  })

  it('hears of an answer whose process is killed', async () => {
    test.model.script(stalls(['Hello', ' there'], { usage: COUNTED }))
    let text = ''
    const { told, failure } = await run({}, (event) => {
      if (event.type === 'text') text += event.text
      if (text === 'Hello there') for (const pid of test.workers(aTurn().model)) process.kill(pid, 'SIGKILL')
    })
    expect(failure).toMatchObject({ kind: 'worker_died' })
    expect(told).toEqual([brokenOff(3), 'failure'])
  })

  it('hears nothing of a caller who leaves before anything was sent', async () => {
    const told: Spending[] = []
    const turns = test.engine.run(aTurn(), AbortSignal.abort(), { took: (spending) => void told.push(spending) })
    await expect(turns[Symbol.asyncIterator]().next()).rejects.toMatchObject({ kind: 'aborted' })
    expect(told).toEqual([])
  })

  // The live list has the prices of four of them, but not what their cache costs; the rest is known by version.
  it.runIf(EGRESS === 'true')('hears of other models what they are known to cost here', async () => {
    // Long with what is in the cache, which only Haiku 5.5 charges for.
    const usage = { ...COUNTED, inputTokens: 60_000, cacheReadTokens: 50_000, cacheWriteTokens: 2000 }
    test.model.otherwise(says('Hello', { usage }))
    const models = await test.engine.models()
    const tables = [createPrices((name) => findModel(models, name)), createPrices(() => undefined)]
    for (const model of ['opus', 'haiku', 'fable', 'claude-haiku-4-5']) {
      const [spending] = (await run({ model })).told
      if (typeof spending !== 'object') throw new Error(`nothing was told of ${model}`)
      const { usage: took, isEstimate } = spending
      expect([took.inputTokens, isEstimate]).toEqual([112_000, false])
      for (const prices of tables) expect(prices.costOf(spending.model, took), model).toBeCloseTo(took.costUsd, 9)
    }
  })

  it('hears of a conversation that goes on each turn for itself', async () => {
    test.model.script(says('Hello there', { usage: COUNTED }), says('Fine', { usage: COUNTED }))
    const first = [user('How are you?')]
    expect((await run({ conversation: first })).told).toEqual([exactly, 'finish'])
    const conversation = [...first, assistant('Hello there'), user('And now?')]
    expect((await run({ conversation })).told).toEqual([exactly, 'finish'])
  })
})
