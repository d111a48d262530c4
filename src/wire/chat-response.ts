/** The whole answer of a request that does not stream. */
import { z } from 'zod'
import { sessionPlaceSchema } from './session.ts'
import { toolEventSchema } from './tool-event.ts'
import { usageSchema } from './usage.ts'

export const finishReasonSchema = z.enum(['stop', 'length', 'tool_calls', 'content_filter', 'function_call'])
export type ChatFinishReason = z.output<typeof finishReasonSchema>

export const serviceTierSchema = z.enum(['auto', 'default', 'flex', 'scale', 'priority'])
export type ChatServiceTier = z.output<typeof serviceTierSchema>

export const annotationSchema = z.strictObject({
  type: z.literal('url_citation'),
  url_citation: z.strictObject({
    start_index: z.int().min(0).describe('Where in the content the citation begins.'),
    end_index: z.int().min(0).describe('The first character after it.'),
    title: z.string(),
    url: z.string(),
  }),
})

export type Annotation = z.output<typeof annotationSchema>

const functionCall = z.strictObject({ name: z.string(), arguments: z.string() })

const toolCall = z.discriminatedUnion('type', [
  z.strictObject({
    id: z.string(),
    type: z.literal('function'),
    function: functionCall,
  }),
  z.strictObject({
    id: z.string(),
    type: z.literal('custom'),
    custom: z.strictObject({ name: z.string(), input: z.string() }),
  }),
])

const choice = z.strictObject({
  index: z.int().min(0),
  message: z.strictObject({
    role: z.literal('assistant'),
    content: z.string().nullable().describe('Null where the model only called functions.'),
    refusal: z.string().nullable().describe('Set when the model declined.'),
    annotations: z.array(annotationSchema),
    reasoning_content: z.string().exactOptional().describe("Extension: a summary of the model's reasoning."),
    tool_calls: z.array(toolCall).min(1).exactOptional(),
    function_call: functionCall.exactOptional().describe('Instead of `tool_calls` where the request has `functions`.'),
  }),
  logprobs: z.null(),
  finish_reason: finishReasonSchema,
})

export const chatCompletionSchema = z
  .strictObject({
    id: z.string().startsWith('chatcmpl-'),
    object: z.literal('chat.completion'),
    created: z.int().describe('Unix time in seconds.'),
    model: z.string().describe('The model that really answered.'),
    service_tier: serviceTierSchema.exactOptional().describe('Only if the request named one.'),
    choices: z.array(choice).min(1),
    usage: usageSchema,
    tool_events: z.array(toolEventSchema).exactOptional().describe('With the header `X-Claude-Tool-Events`.'),
    session: sessionPlaceSchema.exactOptional().describe('Extension: with `session_id`.'),
  })
  .meta({ id: 'CreateChatCompletionResponse' })

export type ChatCompletion = z.output<typeof chatCompletionSchema>
export type ChatToolCall = z.output<typeof toolCall>
export type ChatFunctionCall = z.output<typeof functionCall>
