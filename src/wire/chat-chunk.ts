/** One event of a streamed answer. */
import { z } from 'zod'
import { annotationSchema, finishReasonSchema, serviceTierSchema } from './chat-response.ts'
import { sessionPlaceSchema } from './session.ts'
import { toolEventSchema } from './tool-event.ts'
import { usageSchema } from './usage.ts'

const functionPiece = z.strictObject({ name: z.string().exactOptional(), arguments: z.string() })

const functionCall = z.strictObject({
  index: z.int().min(0).describe('Counts the calls of the answer.'),
  id: z.string().exactOptional(),
  type: z.literal('function').exactOptional(),
  function: functionPiece,
})

const customCall = z.strictObject({
  index: z.int().min(0).describe('Counts the calls of the answer.'),
  id: z.string().exactOptional(),
  type: z.literal('custom').exactOptional(),
  custom: z.strictObject({ name: z.string().exactOptional(), input: z.string() }),
})

const delta = z.strictObject({
  role: z.literal('assistant').exactOptional(),
  content: z.string().exactOptional(),
  refusal: z.string().nullable().exactOptional(),
  reasoning_content: z.string().exactOptional().describe("Extension: a piece of the reasoning's summary."),
  tool_calls: z
    .array(z.union([functionCall, customCall]))
    .min(1)
    .exactOptional()
    .describe('The first piece of a call has `id`, `type` and the name.'),
  annotations: z
    .array(annotationSchema)
    .min(1)
    .exactOptional()
    .describe('What a search of the web has found, where the text names it.'),
  function_call: functionPiece.exactOptional().describe('Instead of `tool_calls` where the request has `functions`.'),
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
    choices: z.array(choice).describe('Empty in the chunk that carries the usage.'),
    usage: usageSchema.nullable().exactOptional().describe('With `include_usage`: null until the last chunk.'),
    tool_event: toolEventSchema.exactOptional().describe('With `stream_options.include_tool_events`.'),
    session: sessionPlaceSchema.exactOptional().describe('Extension: with `session_id`, in all chunks.'),
  })
  .meta({ id: 'CreateChatCompletionStreamResponse' })

export type ChatChunk = z.output<typeof chatChunkSchema>
export type ChatDelta = z.output<typeof delta>
