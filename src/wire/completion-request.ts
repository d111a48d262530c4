/** Every parameter of OpenAI's legacy completions request. What becomes of each is written in translate/parameters/completion-params.ts. */
import { z } from 'zod'
import { decimal, integer } from './number.ts'

/** As many as OpenAI takes of one request. */
const MAX_PROMPTS = 20

const prompt = z.union([
  z.string(),
  z.array(z.string()).min(1).max(MAX_PROMPTS),
  z.array(z.number()).min(1),
  z.array(z.array(z.number()).min(1)).min(1).max(MAX_PROMPTS),
])

export const completionRequestSchema = z
  .object({
    model: z.string().min(1).describe('An id or alias that `GET /v1/models` lists, or any `claude-*` id.'),
    prompt: prompt.nullish().describe('The text to go on from, or several.'),
    suffix: z.string().nullish().describe('Text that comes after the completion.'),
    stream: z.boolean().nullish().describe('Answer with server-sent events as the model writes.'),
    stream_options: z
      .object({ include_usage: z.boolean().nullish(), include_obfuscation: z.boolean().nullish() })
      .nullish()
      .describe('Only looked at while streaming.'),
    max_tokens: integer(1).nullish().describe('Most tokens to write.'),
    temperature: decimal(0, 2).nullish().describe('Randomness of the text.'),
    top_p: decimal(0, 1).nullish().describe('Share of the likeliest tokens to choose from.'),
    frequency_penalty: decimal(-2, 2).nullish().describe('Penalty for tokens by how often they came.'),
    presence_penalty: decimal(-2, 2).nullish().describe('Penalty for tokens that came at all.'),
    logit_bias: z.record(z.string(), decimal(-100, 100)).nullish().describe('Bias for single tokens.'),
    seed: integer().nullish().describe('Wish for a repeatable text.'),
    stop: z
      .union([z.string(), z.array(z.string()).max(4)])
      .nullish()
      .describe('Up to four strings before which the text ends.'),
    n: integer(1, 8).nullish().describe('How many texts to write for each prompt.'),
    best_of: integer(1, 20).nullish().describe('How many texts to write, the best of which to send.'),
    logprobs: integer(0, 5).nullish().describe('Send the probabilities of the tokens.'),
    echo: z.boolean().nullish().describe('Begin each text with its prompt.'),
    user: z.string().nullish().describe("The caller's own user."),
  })
  .meta({ id: 'CreateCompletionRequest' })

export type CompletionRequest = z.output<typeof completionRequestSchema>
