/** One event of a streamed answer. */
import { z } from 'zod'
import { finishReasonSchema, serviceTierSchema } from './chat-response.ts'
import { usageSchema } from './usage.ts'

const delta = z.strictObject({
  role: z.literal('assistant').exactOptional(),
  content: z.string().exactOptional(),
  refusal: z.string().nullable().exactOptional(),
  reasoning_content: z.string().exactOptional().describe("Extension: a piece of the reasoning's summary."),
  tool_calls: z
    .array(
      z.strictObject({
        index: z.int().min(0),
        id: z.string().exactOptional(),
        type: z.literal('function').exactOptional(),
        function: z.strictObject({ name: z.string().exactOptional(), arguments: z.string() }),
      }),
    )
    .min(1)
    .exactOptional(),
})

const choice = z.strictObject({
  index: z.int().min(0),
  delta,
  logprobs: z.null(),
  finish_reason: finishReasonSchema.nullable(),
})

export const chatChunkSchema = z
  .strictObject({
    id: z.string().startsWith('chatcmpl-'),
    object: z.literal('chat.completion.chunk'),
    created: z.int().describe('Unix time in seconds, the same in all chunks.'),
    model: z.string().describe('The model that really answers.'),
    service_tier: serviceTierSchema.exactOptional().describe('Only if the request named one.'),
    choices: z.array(choice).max(1).describe('Empty in the chunk that carries the usage.'),
    usage: usageSchema.nullable().exactOptional().describe('With `include_usage`: null until the last chunk.'),
  })
  .meta({ id: 'CreateChatCompletionStreamResponse' })

export type ChatChunk = z.output<typeof chatChunkSchema>
export type ChatDelta = z.output<typeof delta>
