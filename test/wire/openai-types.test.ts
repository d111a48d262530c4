/**
 * Holds the shapes against the published types of the `openai` package, in the type checker: where this file compiles,
 * they fit. The one value that is ours alone is the service tier `fast`, which only newer versions of the package know.
 */
import type OpenAI from 'openai'
import { describe, expectTypeOf, it } from 'vitest'
import type { z } from 'zod'
import type { ChatChunk, ChatDelta } from '../../src/wire/chat-chunk.ts'
import type { chatRequestSchema } from '../../src/wire/chat-request.ts'
import type { ChatCompletion } from '../../src/wire/chat-response.ts'
import type { CompletionRequest, completionRequestSchema } from '../../src/wire/completion-request.ts'
import type { Completion } from '../../src/wire/completion-response.ts'
import type { ErrorBody } from '../../src/wire/error-body.ts'
import type { WireModel } from '../../src/wire/models.ts'
import type { ChatUsage } from '../../src/wire/usage.ts'

type Input = z.input<typeof chatRequestSchema>
type Params = OpenAI.ChatCompletionCreateParams

/** A chunk without calls of custom tools: the API streams them, and the published types do not know it. */
type Published<Chunk extends ChatChunk> = Omit<Chunk, 'choices'> & {
  choices: (Omit<Chunk['choices'][number], 'delta'> & {
    delta: Omit<ChatDelta, 'tool_calls'> & {
      tool_calls?: Exclude<NonNullable<ChatDelta['tool_calls']>[number], { custom: unknown }>[]
    }
  })[]
}

describe('the shapes fit the published types', () => {
  it('an answer is a ChatCompletion', () => {
    expectTypeOf<ChatCompletion>().toExtend<OpenAI.ChatCompletion>()
  })

  it('a chunk is a ChatCompletionChunk', () => {
    expectTypeOf<Published<ChatChunk>>().toExtend<OpenAI.ChatCompletionChunk>()
  })

  it('a text completion is a Completion', () => {
    expectTypeOf<Completion>().toExtend<OpenAI.Completion>()
  })

  it('the usage is a CompletionUsage', () => {
    expectTypeOf<ChatUsage>().toExtend<OpenAI.CompletionUsage>()
  })

  it('a model is a Model', () => {
    expectTypeOf<WireModel>().toExtend<OpenAI.Model>()
  })

  it('an error is an ErrorObject', () => {
    expectTypeOf<ErrorBody['error']>().toExtend<OpenAI.ErrorObject>()
  })

  it('a finish reason is one of those that are published', () => {
    type Ours = ChatCompletion['choices'][number]['finish_reason']
    expectTypeOf<Ours>().toEqualTypeOf<OpenAI.ChatCompletion.Choice['finish_reason']>()
  })
})

describe('what the published types allow, the request schema takes', () => {
  it('a whole request', () => {
    expectTypeOf<Params>().toExtend<Input>()
  })

  it('every message', () => {
    expectTypeOf<OpenAI.ChatCompletionMessageParam>().toExtend<Input['messages'][number]>()
  })

  it('a whole request for a text completion', () => {
    expectTypeOf<OpenAI.CompletionCreateParams>().toExtend<z.input<typeof completionRequestSchema>>()
    expectTypeOf<Exclude<keyof OpenAI.CompletionCreateParams, keyof CompletionRequest>>().toBeNever()
  })

  it('every published parameter is known', () => {
    expectTypeOf<Exclude<keyof Params, keyof Input>>().toBeNever()
  })

  it('ours are the extensions alone', () => {
    expectTypeOf<Exclude<keyof Input, keyof Params>>().toEqualTypeOf<'top_k' | 'session_id' | 'enable_tools'>()
  })
})
