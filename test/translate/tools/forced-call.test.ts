import { describe, expect, it } from 'vitest'
import { meetForcedCall } from '../../../src/translate/tools/forced-call.ts'
import type { FinishEvent, TurnEvent } from '../../../src/turn/turn-event.ts'
import type { ToolUse } from '../../../src/turn/turn.ts'

const USAGE = { inputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1, reasoningTokens: 0 }
const START: TurnEvent = { type: 'start', model: 'm' }
const finish = (reason: FinishEvent['reason']): TurnEvent => ({ type: 'finish', reason, usage: USAGE })
const text = (words: string): TurnEvent => ({ type: 'text', text: words })
const CALL: TurnEvent = { type: 'tool_call', id: 'toolu_1', name: 'f' }

const toolUse = (choice: ToolUse['choice']): ToolUse => ({
  tools: [
    { name: 'f', description: 'Does.', inputSchema: { type: 'object', properties: {} } },
    { name: 'g', inputSchema: { type: 'object', properties: {} } },
  ],
  choice,
  parallel: true,
})
const met = (choice: ToolUse['choice'], nativeSchema = () => ({ type: 'object' }) as { type: string } | undefined) => {
  const found = meetForcedCall({ toolUse: toolUse(choice), nativeSchema, callId: 'toolu_own' })
  if (found === undefined) throw new Error('nothing is forced')
  return found
}

async function read(choice: ToolUse['choice'], events: readonly TurnEvent[], native = true): Promise<TurnEvent[]> {
  const { reading } = met(choice, native ? undefined : () => undefined)
  const source = async function* () {
    yield* events
  }
  const all: TurnEvent[] = []
  for await (const event of reading(source())) all.push(event)
  return all
}

it.each(['auto', 'none'] as const)('has nothing to do for the choice %s', (choice) => {
  expect(meetForcedCall({ toolUse: toolUse(choice), nativeSchema: () => undefined, callId: 'x' })).toBeUndefined()
})

describe('a function that is named', () => {
  it('is met by an answer that is held to its schema, and calls nothing', () => {
    const { toolUse: used, outputSchema, note } = met({ name: 'f' })
    expect(used).toEqual({ ...toolUse('none') })
    expect(outputSchema).toEqual({ type: 'object' })
    expect(note).toContain('the function f, as JSON')
    expect(note).toContain('Does.')
  })

  it('has the text of the answer as its arguments', async () => {
    const events = [START, { type: 'reasoning', text: 'hm' } as const, text('{"a"'), text(':1}'), finish('done')]
    expect(await read({ name: 'f' }, events)).toEqual([
      START,
      { type: 'reasoning', text: 'hm' },
      { type: 'tool_call', id: 'toolu_own', name: 'f' },
      { type: 'tool_arguments', json: '{"a"' },
      { type: 'tool_arguments', json: ':1}' },
      finish('tool_calls'),
    ])
  })

  it.each(['length', 'refusal'] as const)('keeps the end by %s', async (reason) => {
    expect((await read({ name: 'f' }, [START, text('{'), finish(reason)])).at(-1)).toEqual(finish(reason))
  })

  it('is asked for in words, alone, where an answer cannot be held to its schema', () => {
    const { toolUse: used, outputSchema, note } = met({ name: 'g' }, () => undefined)
    expect(used.choice).toBe('auto')
    expect(used.tools.map(({ name }) => name)).toEqual(['g'])
    expect(outputSchema).toBeUndefined()
    expect(note).toContain('the function g')
  })
})

describe('any function', () => {
  it('is asked for in words', () => {
    const { toolUse: used, note } = met('any')
    expect(used).toEqual({ ...toolUse('auto') })
    expect(note).toContain('calling at least one')
  })

  it('lets a call through with what was said before it', async () => {
    const events = [START, text('I call.'), CALL, finish('tool_calls')]
    expect(await read('any', events)).toEqual(events)
  })

  it('lets nothing out before the call has come, and refuses an answer without one', async () => {
    const events = [START, text('No.'), finish('done')]
    await expect(read('any', events)).rejects.toMatchObject({ kind: 'answer_rejected' })
    const { reading } = met('any')
    const seen: TurnEvent[] = []
    const source = async function* () {
      yield* events
    }
    await expect(
      (async () => {
        for await (const event of reading(source())) seen.push(event)
      })(),
    ).rejects.toThrow()
    expect(seen).toEqual([])
  })

  it.each(['length', 'refusal'] as const)('lets an end by %s through', async (reason) => {
    const events = [START, text('I c'), finish(reason)]
    expect(await read('any', events)).toEqual(events)
  })
})
