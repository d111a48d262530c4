/**
 * The rules of OpenAI's published description (https://github.com/openai/openai-openapi) for what a server answers: which
 * fields have to be there, which values they may have, and where null may stand.
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

const object = (required: readonly string[], properties: object) => ({ type: 'object', required, properties })
const text = { type: 'string' }
const count = { type: 'integer', minimum: 0 }
const orNull = (schema: object) => ({ anyOf: [schema, { type: 'null' }] })
const one = (...values: readonly unknown[]) => ({ enum: values })

const usage = object(['prompt_tokens', 'completion_tokens', 'total_tokens'], {
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  prompt_tokens_details: object([], { audio_tokens: count, cached_tokens: count, cache_write_tokens: count }),
  completion_tokens_details: object([], {
    reasoning_tokens: count,
    audio_tokens: count,
    accepted_prediction_tokens: count,
    rejected_prediction_tokens: count,
  }),
})
const call = {
  anyOf: [
    object(['id', 'type', 'function'], {
      id: text,
      type: one('function'),
      function: object(['name', 'arguments'], { name: text, arguments: text }),
    }),
    object(['id', 'type', 'custom'], {
      id: text,
      type: one('custom'),
      custom: object(['name', 'input'], { name: text, input: text }),
    }),
  ],
}
const chatFinish = one('stop', 'length', 'tool_calls', 'content_filter', 'function_call')
const tier = one('auto', 'default', 'flex', 'scale', 'priority')
const head = { id: text, created: { type: 'integer' }, model: text, service_tier: tier }

const RULES = {
  chat: object(['choices', 'created', 'id', 'model', 'object'], {
    ...head,
    object: one('chat.completion'),
    usage,
    choices: {
      type: 'array',
      items: object(['finish_reason', 'index', 'message', 'logprobs'], {
        finish_reason: chatFinish,
        index: count,
        logprobs: orNull({ type: 'object' }),
        message: object(['role', 'content', 'refusal'], {
          role: one('assistant'),
          content: orNull(text),
          refusal: orNull(text),
          annotations: { type: 'array' },
          tool_calls: { type: 'array', items: call },
          function_call: object(['name', 'arguments'], { name: text, arguments: text }),
        }),
      }),
    },
  }),
  chatChunk: object(['choices', 'created', 'id', 'model', 'object'], {
    ...head,
    object: one('chat.completion.chunk'),
    usage: orNull(usage),
    choices: {
      type: 'array',
      items: object(['delta', 'finish_reason', 'index'], {
        finish_reason: orNull(chatFinish),
        index: count,
        logprobs: orNull({ type: 'object' }),
        delta: object([], {
          role: one('assistant'),
          content: orNull(text),
          refusal: orNull(text),
          function_call: object([], { name: text, arguments: text }),
          tool_calls: {
            type: 'array',
            items: object(['index'], {
              index: count,
              id: text,
              type: one('function', 'custom'),
              function: object([], { name: text, arguments: text }),
            }),
          },
        }),
      }),
    },
  }),
  completion: object(['choices', 'created', 'id', 'model', 'object'], {
    ...head,
    object: one('text_completion'),
    usage,
    choices: {
      type: 'array',
      items: object(['finish_reason', 'index', 'logprobs', 'text'], {
        finish_reason: one('stop', 'length', 'content_filter'),
        index: count,
        logprobs: orNull({ type: 'object' }),
        text,
      }),
    },
  }),
  error: object(['error'], {
    error: object(['type', 'message', 'param', 'code'], {
      type: text,
      message: text,
      param: orNull(text),
      code: orNull(text),
    }),
  }),
  models: object(['object', 'data'], {
    object: one('list'),
    data: {
      type: 'array',
      items: object(['id', 'object', 'created', 'owned_by'], {
        id: text,
        object: one('model'),
        created: { type: 'integer' },
        owned_by: text,
      }),
    },
  }),
} as const

export type Published = keyof typeof RULES

/** Throws, saying what is wrong and where, for a body that breaks a rule. */
export function createRuleBook(): (kind: Published, body: unknown) => void {
  const ajv = new Ajv2020({ allErrors: true, strict: false })
  const compiled = new Map<Published, ValidateFunction>()
  return (kind, body) => {
    const validate = compiled.get(kind) ?? ajv.compile(RULES[kind])
    compiled.set(kind, validate)
    if (validate(body)) return
    throw new Error(`${ajv.errorsText(validate.errors)} in ${JSON.stringify(body)}`)
  }
}
