/** On a process that has not seen the conversation, with the real binary and a model that wants its reasoning back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signThinking } from '../../src/demo/sign-thinking.ts'
import type { JsonObject } from '../../src/demo/json-object.ts'
import type { Message, ToolUse, Turn } from '../../src/turn/turn.ts'
import { startTestEngine, type TestEngine, textOf, user } from '../support/engine.ts'
import { fails, says } from '../support/scripted-model-answers.ts'

let test: TestEngine
let conversations = 0
beforeAll(async () => {
  test = await startTestEngine({ REUSE_WORKERS: 'true', MAX_WORKERS: '2' })
  await test.proven()
})
afterAll(() => test[Symbol.asyncDispose]())

const TOOLS: ToolUse = { tools: [{ name: 'look', inputSchema: { type: 'object' } }], choice: 'auto', parallel: true }
const QUESTION = user('Where is it?')

interface Round {
  /** What the model thinks before it calls. */
  readonly thinking?: string
  readonly text?: string
}

function called(id: string, text?: string): Message {
  const said = text === undefined ? [] : [{ type: 'text' as const, text }]
  return { role: 'assistant', content: [...said, { type: 'tool_call', id, name: 'look', input: {} }] }
}

function result(id: string): Message {
  return { role: 'user', content: [{ type: 'tool_result', callId: id, content: [{ type: 'text', text: 'here' }] }] }
}

/** A conversation as a caller gives it back, each of whose rounds the model has answered. */
async function play(rounds: readonly Round[], turn: Partial<Turn>): Promise<Turn['conversation']> {
  conversations += 1
  const conversation = [QUESTION]
  for (const [index, { thinking, text }] of rounds.entries()) {
    const id = `toolu_${conversations}_${index}`
    const options = thinking === undefined ? {} : { thinking }
    test.model.script(says(text ?? [], { ...options, calls: [{ id, name: 'look', input: {} }] }))
    await test.ask({ toolUse: TOOLS, ...turn, conversation: [...conversation] })
    conversation.push(called(id, text), result(id))
  }
  return conversation
}

/** Asks on a process that has not seen the conversation: each system prompt has processes of its own. */
async function goOn(conversation: Turn['conversation'], turn: Partial<Turn>): Promise<JsonObject> {
  test.model.script(says('There.'))
  const events = await test.ask({ toolUse: TOOLS, ...turn, conversation, system: `Elsewhere ${conversations}.` })
  expect(textOf(events)).toBe('There.')
  return test.model.requests.at(-1)?.body ?? {}
}

function assistantsOf({ messages }: JsonObject): unknown[] {
  const all = messages as { role: string; content: unknown }[]
  return all.filter(({ role }) => role === 'assistant').map(({ content }) => content)
}

const thinking = (text: string): object => ({ type: 'thinking', thinking: text, signature: signThinking(text) })
const toolUse = (id: string): object => ({ type: 'tool_use', id, name: 'look', input: {} })

const FIXED = 'claude-haiku-4-5'

describe('what a model thought before it called a function', () => {
  it.each(['haiku', FIXED])('is back before the calls on another process: %s', async (model) => {
    const conversation = await play([{ thinking: 'First.', text: 'Let me look.' }, { thinking: 'Then.' }], { model })
    const calls = test.model.requests.length
    const body = await goOn(conversation, { model })
    expect(assistantsOf(body)).toMatchObject([
      [thinking('First.'), { type: 'text', text: 'Let me look.' }, toolUse(`toolu_${conversations}_0`)],
      [thinking('Then.'), toolUse(`toolu_${conversations}_1`)],
    ])
    expect(body['thinking']).toMatchObject({ type: model === FIXED ? 'enabled' : 'adaptive' })
    expect(test.model.requests.length).toBe(calls + 1)
  })

  it('is back in a transcript too', async () => {
    const played = await play([{ thinking: 'First.' }], { model: 'haiku' })
    const talk = Array.from({ length: 10 }, (_, index): Message => {
      const role = index % 2 === 0 ? 'assistant' : 'user'
      return { role, content: [{ type: 'text', text: `word ${index}` }] }
    })
    const body = await goOn([...played, ...talk], { model: 'haiku' })
    expect(assistantsOf(body)[0]).toMatchObject([thinking('First.'), toolUse(`toolu_${conversations}_0`)])
    expect(await test.metrics.render()).toMatch(/dragoman_leases_total\{kind="resumed"\} [1-9]/)
  })

  it('is left out, with thinking off, where the model API refuses it', async () => {
    const conversation = await play([{ thinking: 'Bound.' }], { model: FIXED })
    test.model.script(
      fails(400, {
        message:
          'messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation.',
      }),
    )
    const body = await goOn(conversation, { model: FIXED })
    expect(JSON.stringify(body)).not.toContain('Bound')
    expect(body['thinking']).toEqual({ type: 'disabled' })
  })

  it('can be nothing: the turn is asked without thinking once the model API has said that it wants some', async () => {
    const conversation = await play([{}], { model: FIXED })
    const calls = test.model.requests.length
    expect((await goOn(conversation, { model: FIXED }))['thinking']).toEqual({ type: 'disabled' })
    expect(test.model.requests.length).toBe(calls + 2)
  })
})
