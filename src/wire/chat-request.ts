/**
 * Every parameter of OpenAI's chat completions request, and our extensions. Unknown keys are dropped, known ones are
 * checked. Every optional parameter may be `null`, which means that it is absent.
 * What becomes of each is written in translate/parameters/params.ts.
 */
import { z } from 'zod'
import { messageSchema } from './message.ts'
import { decimal, integer } from './number.ts'
import { responseFormatSchema } from './response-format.ts'
import { sessionIdSchema } from './session.ts'
import { functionCallSchema, legacyFunctionSchema, toolChoiceSchema, toolSchema } from './tool.ts'

/** Long histories are welcome; this bounds the work that one request can ask for. */
const MAX_MESSAGES = 2000

const MAX_TOOLS = 128

const streamOptions = z.object({
  include_usage: z.boolean().nullish().describe('Send the usage in one last chunk before the end.'),
  include_tool_events: z
    .boolean()
    .nullish()
    .describe("Extension: tell the steps of Claude Code's own tools in chunks of their own."),
  include_obfuscation: z.boolean().nullish().describe('Accepted and ignored.'),
})

const webSearchOptions = z.object({
  search_context_size: z.enum(['low', 'medium', 'high']).nullish(),
  user_location: z
    .object({
      type: z.enum(['approximate']),
      approximate: z.object({
        city: z.string().nullish(),
        country: z.string().nullish(),
        region: z.string().nullish(),
        timezone: z.string().nullish(),
      }),
    })
    .nullish(),
})

const prediction = z.object({
  type: z.enum(['content']),
  content: z.union([z.string(), z.array(z.object({ type: z.enum(['text']), text: z.string() }))]),
})

const cacheOptions = z.object({ mode: z.string().nullish(), ttl: z.string().nullish() })

export const chatRequestSchema = z
  .object({
    model: z.string().min(1).describe('An id or alias that `GET /v1/models` lists, or any `claude-*` id.'),
    messages: z.array(messageSchema).min(1).max(MAX_MESSAGES).describe('The conversation so far.'),

    stream: z.boolean().nullish().describe('Answer with server-sent events as the model writes.'),
    stream_options: streamOptions.nullish().describe('Only looked at while streaming.'),

    max_completion_tokens: integer(1).nullish().describe('Most tokens to write, reasoning included.'),
    max_tokens: integer(1).nullish().describe('The older name of `max_completion_tokens`, which wins.'),
    reasoning_effort: z
      .enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])
      .nullish()
      .describe('How hard the model thinks, capped to what it can do.'),

    temperature: decimal(0, 2).nullish().describe('Randomness of the answer.'),
    top_p: decimal(0, 1).nullish().describe('Share of the likeliest tokens to choose from.'),
    top_k: integer(0).nullish().describe('Extension: number of the likeliest tokens to choose from.'),
    frequency_penalty: decimal(-2, 2).nullish().describe('Penalty for tokens by how often they came.'),
    presence_penalty: decimal(-2, 2).nullish().describe('Penalty for tokens that came at all.'),
    logit_bias: z.record(z.string(), decimal(-100, 100)).nullish().describe('Bias for single tokens.'),
    seed: integer().nullish().describe('Wish for a repeatable answer.'),
    stop: z
      .union([z.string(), z.array(z.string()).max(4)])
      .nullish()
      .describe('Up to four strings before which the answer ends.'),
    n: integer(1, 8).nullish().describe('How many answers to write.'),
    logprobs: z.boolean().nullish().describe('Send the probabilities of the tokens.'),
    top_logprobs: integer(0, 20).nullish().describe('How many probabilities to send for each token.'),

    response_format: responseFormatSchema.nullish().describe('Free text, or JSON of a given form.'),
    modalities: z
      .array(z.enum(['text', 'audio']))
      .nullish()
      .describe('Kinds of output; only text is possible.'),
    audio: z
      .object({
        format: z.string(),
        voice: z.union([z.string(), z.object({ id: z.string() })]),
      })
      .nullish()
      .describe('How spoken output should sound.'),
    verbosity: z.enum(['low', 'medium', 'high']).nullish().describe('How wordy the answer should be.'),
    prediction: prediction.nullish().describe('Text that much of the answer will repeat.'),

    tools: z.array(toolSchema).max(MAX_TOOLS).nullish().describe('Functions that the model may ask the caller to run.'),
    tool_choice: toolChoiceSchema.nullish().describe('Whether the model may, must or must not call a function.'),
    parallel_tool_calls: z.boolean().nullish().describe('Whether it may call several at once.'),
    functions: z.array(legacyFunctionSchema).max(MAX_TOOLS).nullish().describe('The older form of `tools`.'),
    function_call: functionCallSchema.nullish().describe('The older form of `tool_choice`.'),
    web_search_options: webSearchOptions.nullish().describe('Let the model search the web.'),

    metadata: z.record(z.string(), z.string().max(512)).nullish().describe("The caller's own notes on the request."),
    user: z.string().nullish().describe("The caller's own user."),
    safety_identifier: z.string().nullish().describe("The caller's own user, hashed."),
    store: z.boolean().nullish().describe('Keep the answer for later retrieval.'),
    service_tier: z
      .enum(['auto', 'default', 'flex', 'scale', 'priority', 'fast'])
      .nullish()
      .describe('Class of service.'),
    prompt_cache_key: z.string().nullish().describe('Groups requests that share a beginning.'),
    prompt_cache_options: cacheOptions.nullish().describe('How the beginning of a prompt is cached.'),
    // `in-memory` is how the official packages wrote it at first.
    prompt_cache_retention: z.enum(['in_memory', 'in-memory', '24h']).nullish().describe('How long it is cached.'),
    moderation: z.object({ model: z.string() }).nullish().describe('Have request and answer moderated.'),

    session_id: sessionIdSchema
      .nullish()
      .describe('Extension: go on with the conversation of this name, which the server keeps.'),
    enable_tools: z.boolean().nullish().describe("Extension: let the model use Claude Code's own tools."),
  })
  .meta({ id: 'CreateChatCompletionRequest' })

export type ChatRequest = z.output<typeof chatRequestSchema>
