/** Tokens and cost of one answer. */
import { z } from 'zod'

const count = z.int().min(0)

export const usageSchema = z
  .strictObject({
    prompt_tokens: count.describe('All input, cache reads and writes included.'),
    completion_tokens: count.describe('All output, reasoning included.'),
    total_tokens: count,
    prompt_tokens_details: z.strictObject({
      cached_tokens: count.describe('Input read from the cache.'),
      cache_write_tokens: count.describe('Input written to the cache.'),
      audio_tokens: z.literal(0),
    }),
    completion_tokens_details: z.strictObject({
      reasoning_tokens: count,
      audio_tokens: z.literal(0),
      accepted_prediction_tokens: z.literal(0),
      rejected_prediction_tokens: z.literal(0),
    }),
    cost: z.number().min(0).exactOptional().describe('USD, where Claude Code could reckon it.'),
  })
  .meta({ id: 'CompletionUsage' })

export type ChatUsage = z.output<typeof usageSchema>
