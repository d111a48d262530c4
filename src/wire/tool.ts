/** Functions and custom tools that a caller offers, and how the model is to choose among them. */
import { z } from 'zod'

const jsonSchema = z.record(z.string(), z.unknown())

/** A function's name, wherever one is given. */
export const functionName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-zA-Z0-9_-]+$/)

const functionTool = z
  .object({
    type: z.literal('function'),
    function: z.object({
      name: functionName,
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
      name: functionName,
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

const namedTool = z.discriminatedUnion('type', [
  z.object({ type: z.literal('function'), function: z.object({ name: z.string() }) }),
  z.object({ type: z.literal('custom'), custom: z.object({ name: z.string() }) }),
])

// The published types take any object here; what is in it is checked behind that.
const allowedTool = z
  .record(z.string(), z.unknown())
  .pipe(namedTool)
  .describe('A tool by its name: `{"type":"function","function":{"name":"…"}}`.')

export const toolChoiceSchema = z.union([
  z.enum(['none', 'auto', 'required']),
  z.discriminatedUnion('type', [
    ...namedTool.options,
    z.object({
      type: z.literal('allowed_tools'),
      allowed_tools: z.object({ mode: z.enum(['auto', 'required']), tools: z.array(allowedTool).min(1) }),
    }),
  ]),
])

export const legacyFunctionSchema = z.object({
  name: functionName,
  description: z.string().nullish(),
  parameters: jsonSchema.nullish(),
})

export const functionCallSchema = z.union([z.enum(['none', 'auto']), z.object({ name: z.string() })])

export type ChatTool = z.output<typeof toolSchema>
export type ChatToolChoice = z.output<typeof toolChoiceSchema>
export type NamedTool = z.output<typeof namedTool>
export type LegacyFunction = z.output<typeof legacyFunctionSchema>
