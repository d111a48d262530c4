/** What is made of a request, for whoever wants to know before sending it. */
import { z } from 'zod'
import { errorBodySchema } from './error-body.ts'

const parameterSchema = z.strictObject({
  name: z.string().describe('The parameter, or the place inside of it.'),
  fate: z
    .enum(['mapped', 'ignored', 'rejected', 'unknown'])
    .describe('Honoured, dropped and named in `x-dragoman-ignored`, refused, or not known and dropped.'),
  why: z.string(),
})

const modelSchema = z.strictObject({
  requested: z.string(),
  name: z.string().describe('As Claude Code is asked for it.'),
  id: z.string().nullable().describe('Of the live list; null for a model that is not on it.'),
  capabilities: z
    .strictObject({
      sampling: z
        .enum(['none', 'one', 'both'])
        .describe('`one`: no `top_p` next to a temperature, which Claude Code always sends.'),
      forced_tool_choice: z.boolean(),
      output_schema: z.boolean(),
      strict_tools: z.boolean(),
      thinking_can_be_off: z.boolean(),
    })
    .describe('As far as it is known by now: what a model refuses is met another way, or dropped.'),
})

const reported = {
  parameters: z.array(parameterSchema).describe('Each that the request has, in the order of the documentation.'),
  model: modelSchema.nullable().describe('Null where there is no such model.'),
  error: errorBodySchema.shape.error.nullable().describe('What the request would be refused with.'),
}

export const compatibilitySchema = z
  .strictObject({
    object: z.literal('compatibility'),
    compatible: z.boolean().describe('Whether it would be answered.'),
    ...reported,
    suggestions: z.array(z.string()).describe('What to change so that nothing is ignored or refused.'),
  })
  .meta({ id: 'Compatibility' })

export const debugRequestSchema = z
  .strictObject({
    object: z.literal('debug.request'),
    ...reported,
    turn: z.record(z.string(), z.unknown()).nullable().describe('What Claude Code would be asked, in neutral words.'),
  })
  .meta({ id: 'DebugRequest' })

export type ReportedParameter = z.output<typeof parameterSchema>
export type ReportedModel = z.output<typeof modelSchema>
export type Compatibility = z.output<typeof compatibilitySchema>
export type DebugRequest = z.output<typeof debugRequestSchema>
