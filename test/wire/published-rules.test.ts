import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ApiError, type ErrorCode } from '../../src/errors.ts'
import { errorBody } from '../../src/http/error-reply.ts'
import { foldChat } from '../../src/translate/answers/fold-chat.ts'
import { foldCompletion } from '../../src/translate/answers/fold-completion.ts'
import { modelsList } from '../../src/translate/models-list.ts'
import { createCompletionRenderer } from '../../src/translate/answers/turn-to-completion.ts'
import type { TurnEvent } from '../../src/turn/turn-event.ts'
import { MODELS } from '../support/fake-engine.ts'
import { createRuleBook } from '../support/published-rules.ts'
import { renderChunks } from '../translate/fixtures.ts'

const hold = createRuleBook()
const usage = fc.record({
  inputTokens: fc.nat(),
  cacheReadTokens: fc.nat(),
  cacheWriteTokens: fc.nat(),
  outputTokens: fc.nat(),
  reasoningTokens: fc.nat(),
})
const piece: fc.Arbitrary<TurnEvent> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text: fc.string() }),
  fc.record({ type: fc.constant('reasoning' as const), text: fc.string() }),
)
const call: fc.Arbitrary<TurnEvent[]> = fc
  .record({ id: fc.uuid(), name: fc.constantFrom('f', 'run'), json: fc.dictionary(fc.string(), fc.jsonValue()) })
  .map(({ id, name, json }) => [
    { type: 'tool_call', id, name },
    { type: 'tool_arguments', json: JSON.stringify(json) },
  ])
const events = fc
  .record({
    pieces: fc.array(piece, { maxLength: 5 }),
    calls: fc.array(call, { maxLength: 3 }),
    reason: fc.constantFrom(
      'done' as const,
      'tool_calls' as const,
      'stop_sequence' as const,
      'length' as const,
      'refusal' as const,
    ),
    usage,
  })
  .map(({ pieces, calls, reason, usage: counted }): TurnEvent[] => [
    { type: 'start', model: 'claude-sonnet-5-5' },
    ...pieces,
    ...calls.flat(),
    { type: 'finish', reason, usage: counted },
  ])

describe('the published rules hold', () => {
  it('for every answer and every chunk, in each form of calls', () => {
    fc.assert(
      fc.property(events, fc.boolean(), (all, isLegacy) => {
        const chunks = renderChunks(all, { isLegacy, isSingle: isLegacy, custom: new Set(['run']) })
        for (const chunk of chunks) hold('chatChunk', chunk)
        hold('chat', foldChat(chunks))
      }),
    )
  })

  it('for every text completion', () => {
    fc.assert(
      fc.property(events, fc.string(), (all, echo) => {
        const render = createCompletionRenderer({
          id: 'cmpl-1',
          created: 1,
          requestedModel: 'm',
          includeUsage: true,
          echoes: [echo],
          perPrompt: 1,
        })
        hold('completion', foldCompletion(all.flatMap((event) => render(event, 0))))
      }),
    )
  })

  it.each<ErrorCode>(['invalid_type', 'overloaded', 'backend_error', 'answer_rejected', 'insufficient_quota'])(
    'for the error %s',
    (code) => {
      hold('error', errorBody(new ApiError(code)))
    },
  )

  it('for the list of models', () => {
    hold(
      'models',
      modelsList({
        models: MODELS,
        aliases: { a: 'sonnet' },
        defaultModel: 'haiku',
        provider: 'anthropic',
        created: 1,
      }),
    )
  })

  it('and would be seen to be broken', () => {
    expect(() => hold('error', { error: { message: 'x', type: 'y', code: null } })).toThrow(/param/)
    expect(() => hold('models', { object: 'list', data: [{ id: 'x' }] })).toThrow(/created/)
  })
})
