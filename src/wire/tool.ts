/** Functions and custom tools that a caller offers, and how the model is to choose among them. */
import { z } from 'zod'

const jsonSchema = z.record(z.string(), z.unknown())

const functionTool = z
  .object({
    type: z.literal('function'),
    function: z.object({
      name: z.string(),
      description: z.string().nullish(),
      parameters: jsonSchema.nullish().describe('A JSON schema; none means no arguments.'),
      strict: z.boolean().nullish(),
    }),
  })
  .meta({ id: 'ChatFunctionTool' })

const customTool = z
  .object({
    type: z.literal('custom'),
    custom: z.object({
      name: z.string(),
      description: z.string().nullish(),
      format: z
        .discriminatedUnion('type', [
          z.object({ type: z.literal('text') }),
          z.object({
            type: z.literal('grammar'),
            grammar: z.object({ definition: z.string(), syntax: z.enum(['lark', 'regex']) }),
          }),
        ])
        .nullish(),
    }),
  })
  .meta({ id: 'ChatCustomTool' })

export const toolSchema = z.discriminatedUnion('type', [functionTool, customTool])

export const toolChoiceSchema = z.union([
  z.enum(['none', 'auto', 'required']),
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('function'), function: z.object({ name: z.string() }) }),
    z.object({ type: z.literal('custom'), custom: z.object({ name: z.string() }) }),
    z.object({
      type: z.literal('allowed_tools'),
      allowed_tools: z.object({
        mode: z.enum(['auto', 'required']),
        tools: z.array(z.record(z.string(), z.unknown())),
      }),
    }),
  ]),
])

export const legacyFunctionSchema = z.object({
  name: z.string(),
  description: z.string().nullish(),
  parameters: jsonSchema.nullish(),
})

export const functionCallSchema = z.union([z.enum(['none', 'auto']), z.object({ name: z.string() })])
