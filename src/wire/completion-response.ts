/** The answer to a legacy completions request; streamed, the same shape comes in pieces. */
import { z } from 'zod'
import { usageSchema } from './usage.ts'

export const completionFinishSchema = z.enum(['stop', 'length', 'content_filter'])
export type CompletionFinish = z.output<typeof completionFinishSchema>

const choice = z.strictObject({ index: z.int().min(0), text: z.string(), logprobs: z.null() })

const head = {
  id: z.string().startsWith('cmpl-'),
  object: z.literal('text_completion'),
  created: z.int().describe('Unix time in seconds.'),
  model: z.string().describe('The model that really answered.'),
}

export const completionSchema = z
  .strictObject({
    ...head,
    choices: z.array(choice.extend({ finish_reason: completionFinishSchema })).min(1),
    usage: usageSchema,
  })
  .meta({ id: 'CreateCompletionResponse' })

export const completionChunkSchema = z
  .strictObject({
    ...head,
    choices: z
      .array(choice.extend({ finish_reason: completionFinishSchema.nullable() }))
      .describe('Empty in the chunk that carries the usage.'),
    usage: usageSchema.nullable().exactOptional().describe('With `include_usage`: null until the last chunk.'),
  })
  .meta({ id: 'CreateCompletionStreamResponse' })

export type Completion = z.output<typeof completionSchema>
export type CompletionChunk = z.output<typeof completionChunkSchema>
