import { expect, it } from 'vitest'
import { digestChain } from '../../src/engine/conversation-digest.ts'
import { createKeptReasoning, type KeptReasoningParts } from '../../src/engine/kept-reasoning.ts'
import type { Thought } from '../../src/turn/thoughts.ts'
import { TurnFailure } from '../../src/turn/turn-failure.ts'
import type { Block, Turn } from '../../src/turn/turn.ts'
import { user } from '../support/engine.ts'

const thought = (thinking: string, textBefore = 0, callsBefore = 0): Thought => ({
  sealed: { type: 'thinking', thinking, signature: 'signed' },
  textBefore,
  callsBefore,
})
const text = (words: string): Block => ({ type: 'text', text: words })
const call = (id: string): Block => ({ type: 'tool_call', id, name: 'look', input: {} })
const result = (callId: string): Block => ({ type: 'tool_result', callId, content: [] })

/** A turn that brings what these calls gave. */
function turnAfter(content: readonly Block[], change: Partial<Turn> = {}): Turn {
  const results = content.flatMap((block) => (block.type === 'tool_call' ? [result(block.id)] : []))
  return {
    id: 'req_test',
    principal: { id: 'tester' },
    model: 'm',
    conversation: [user('Where?'), { role: 'assistant', content }, { role: 'user', content: results }],
    ...change,
  }
}

const ASKED = turnAfter([], { conversation: [user('Where?')] })

function createKept(parts: Partial<KeptReasoningParts> = {}): ReturnType<typeof createKeptReasoning> {
  return createKeptReasoning({
    modelId: (name) => name.replace('alias of ', ''),
    capabilities: (name) => ({ thinkingCanBeOff: name !== 'always thinks' }),
    ...parts,
  })
}

/** One that has kept what was thought before these calls. */
function keptFor(callIds: readonly string[], thoughts: readonly Thought[]): ReturnType<typeof createKeptReasoning> {
  const kept = createKept()
  kept.keep({ turn: ASKED, answeredBy: 'm-1', couldThink: true }, { callIds, thoughts })
  return kept
}

/** The answer in a turn's conversation, reasoning in brackets. */
function answerOf(turn: Turn): string[] {
  return (turn.conversation[1]?.content ?? []).map((block) => {
    if (block.type === 'reasoning') return block.sealed.type === 'thinking' ? `(${block.sealed.thinking})` : '(sealed)'
    return block.type === 'text' ? block.text : block.type === 'tool_call' ? block.id : block.type
  })
}

it.each<[string, readonly Thought[], readonly Block[], readonly string[]]>([
  ['before all else', [thought('a')], [text('See.'), call('1')], ['(a)', 'See.', '1']],
  ['before calls alone', [thought('a'), thought('b')], [call('1')], ['(a)', '(b)', '1']],
  ['between text and call', [thought('a', 4)], [text('See.'), call('1')], ['See.', '(a)', '1']],
  ['between texts', [thought('a', 4)], [text('See. So.'), call('1')], ['See.', '(a)', ' So.', '1']],
  ['between calls', [thought('a', 0, 1)], [call('1'), call('2')], ['1', '(a)', '2']],
  [
    'beside blank text, which stays with the rest',
    [thought('a', 1)],
    [text('\nSee.'), call('1')],
    ['(a)', '\nSee.', '1'],
  ],
  [
    'before the calls where the caller left the text out',
    [thought('a'), thought('b', 4)],
    [call('1')],
    ['(a)', '(b)', '1'],
  ],
  ['nowhere where the caller left the calls after it out', [thought('a', 0, 1)], [call('1')], ['1']],
])('reasoning comes back where it stood: %s', (_, thoughts, content, expected) => {
  const turn = turnAfter(content)
  const recalled = keptFor(['1', '2'], thoughts).recall(turn)
  expect(answerOf(recalled)).toEqual(expected)
  expect(digestChain(recalled.conversation)).toEqual(digestChain(turn.conversation))
})

it.each<[string, Partial<Turn>, readonly string[], 'off' | undefined]>([
  ['is given to the same model by another name', { model: 'alias of m' }, ['(a)', '1'], undefined],
  ['is not given to another caller', { principal: { id: 'other' } }, ['1'], 'off'],
  ['is not given to another model', { model: 'other' }, ['1'], 'off'],
  ['is not given to another model, which thinks if it has to', { model: 'always thinks' }, ['1'], undefined],
])('reasoning %s', (_, change, answer, thinking) => {
  const recalled = keptFor(['1'], [thought('a')]).recall(turnAfter([call('1')], change))
  expect(answerOf(recalled)).toEqual(answer)
  expect(recalled.thinking).toBe(thinking)
})

it('is not missed once the calls have been answered in words', () => {
  const turn = turnAfter([call('1')])
  const over = {
    ...turn,
    conversation: [...turn.conversation, { role: 'assistant', content: [text('There.')] } as const, user('?')],
  }
  expect(createKept().recall(over).thinking).toBeUndefined()
})

it('is not missed where a model that could think did not, unless the model API wants some', () => {
  const kept = keptFor(['1'], [])
  const turn = turnAfter([call('1')])
  expect(kept.recall(turn).thinking).toBeUndefined()
  const refusal = new TurnFailure('upstream_invalid_request', 'messages.1.content.0.type: Expected `thinking` or …')
  expect(kept.afterRefusal(refusal, turn)?.thinking).toBe('off')
  kept.keep({ turn: ASKED, answeredBy: 'm-1', couldThink: true }, { callIds: ['2'], thoughts: [] })
  expect(kept.recall(turnAfter([call('2')])).thinking).toBe('off')
})

it('is missed where the model was not to think', () => {
  const kept = createKept()
  kept.keep({ turn: ASKED, answeredBy: 'm-1', couldThink: false }, { callIds: ['1'], thoughts: [] })
  expect(kept.recall(turnAfter([call('1')])).thinking).toBe('off')
})

it('is not given back any more once the model API has refused it', () => {
  const kept = keptFor(['1'], [thought('a')])
  const turn = turnAfter([call('1')])
  const refusal = new TurnFailure(
    'upstream_invalid_request',
    'messages.1.content.0: Invalid `signature` in `thinking` block',
  )
  expect(kept.afterRefusal(refusal, turn)).toEqual({ ...turn, thinking: 'off' })
  expect(answerOf(kept.recall(turn))).toEqual(['1'])
})

it.each([
  ['another mistake', new TurnFailure('upstream_invalid_request', 'messages.1.content.0: text is too long')],
  ['another failure', new TurnFailure('upstream_error', 'messages.1: `thinking`')],
])('is not to blame for %s', (_, failure) => {
  expect(keptFor(['1'], [thought('a')]).afterRefusal(failure, turnAfter([call('1')]))).toBeUndefined()
})

it('is given up also where a process alone can have held it', () => {
  const refusal = new TurnFailure(
    'upstream_invalid_request',
    'messages.1.content.0: Invalid `signature` in `thinking` block',
  )
  const turn = { ...ASKED, model: 'always thinks' }
  expect(createKept().afterRefusal(refusal, turn)).toBe(turn)
})

it('is not to blame where there was none and the model has to think', () => {
  const refusal = new TurnFailure('upstream_invalid_request', 'messages.1.content.0.type: Expected `thinking` or …')
  expect(createKept().afterRefusal(refusal, turnAfter([call('1')], { model: 'always thinks' }))).toBeUndefined()
})

it('is forgotten when it has not been used for long, and when there is too much, the oldest first', () => {
  let time = 0
  const limits = { answers: 2, bytes: 1200, ttlMs: 100 }
  const kept = createKept({ limits, now: () => time })
  const keep = (id: string, words = id) =>
    kept.keep({ turn: ASKED, answeredBy: 'm-1', couldThink: true }, { callIds: [id], thoughts: [thought(words)] })
  const known = (...ids: string[]): boolean[] =>
    ids.map((id) => answerOf(kept.recall(turnAfter([call(id)]))).length === 2)
  keep('1')
  time = 90
  expect(known('1')).toEqual([true])
  time = 180
  expect(known('1')).toEqual([true])
  time = 281
  expect(known('1')).toEqual([false])
  for (const id of ['1', '2', '3']) keep(id)
  expect(known('1', '2', '3')).toEqual([false, true, true])
  keep('4', 'long '.repeat(150))
  expect(known('2', '3', '4')).toEqual([false, true, true])
  keep('4', 'short')
  keep('4', 'longer '.repeat(150))
  expect(known('3', '4')).toEqual([false, false])
})
