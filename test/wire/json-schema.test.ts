import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { chatChunkSchema } from '../../src/wire/chat-chunk.ts'
import { chatRequestSchema } from '../../src/wire/chat-request.ts'
import { chatCompletionSchema } from '../../src/wire/chat-response.ts'
import { completionChunkSchema, completionSchema } from '../../src/wire/completion-response.ts'
import { errorBodySchema } from '../../src/wire/error-body.ts'
import { modelListSchema, modelSchema } from '../../src/wire/models.ts'
import { usageSchema } from '../../src/wire/usage.ts'

const names = {
  CreateChatCompletionResponse: chatCompletionSchema,
  CreateChatCompletionStreamResponse: chatChunkSchema,
  CreateCompletionResponse: completionSchema,
  CreateCompletionStreamResponse: completionChunkSchema,
  CompletionUsage: usageSchema,
  ErrorResponse: errorBodySchema,
  ListModelsResponse: modelListSchema,
  Model: modelSchema,
}

describe('the schemas as JSON schema', () => {
  it.each(Object.entries(names))('%s converts under its name', (name, schema) => {
    expect(z.toJSONSchema(schema, { io: 'output' })).toMatchObject({ $ref: `#/$defs/${name}` })
  })

  it('the request converts under its name', () => {
    expect(z.toJSONSchema(chatRequestSchema, { io: 'input' })).toMatchObject({
      $ref: '#/$defs/CreateChatCompletionRequest',
    })
  })

  it('every parameter is described', () => {
    const bare = chatRequestSchema.keyof().options.filter((name) => !chatRequestSchema.shape[name].description)
    expect(bare).toEqual([])
  })

  it('the request is checked alike by the JSON schema', () => {
    const validate = new Ajv2020({ strict: false }).compile(z.toJSONSchema(chatRequestSchema, { io: 'input' }))
    const hello = { model: 'x', messages: [{ role: 'user', content: 'hi' }] }
    const bodies = [
      hello,
      { ...hello, temperature: 3 },
      { ...hello, n: 1.5 },
      { ...hello, stop: null, new: 1 },
      { model: 'x' },
    ]
    for (const body of bodies) expect(validate(body)).toBe(chatRequestSchema.safeParse(body).success)
  })
})
