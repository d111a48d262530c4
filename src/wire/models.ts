/** The models that a request may name. */
import { z } from 'zod'

export const modelSchema = z
  .strictObject({
    id: z.string(),
    object: z.literal('model'),
    created: z.int().describe('Unix time in seconds at which this server learnt of it.'),
    owned_by: z.string(),
    display_name: z.string(),
    description: z.string(),
    context_window: z.int().min(1).exactOptional().describe('Tokens, where it is known.'),
    effort_levels: z.array(z.string()).describe('Values of `reasoning_effort` it tells apart, lowest first.'),
    aliases: z.array(z.string()).describe('Other names for it.'),
    alias_of: z.string().exactOptional().describe('The model that this name stands for.'),
  })
  .meta({ id: 'Model' })

export const modelListSchema = z
  .strictObject({ object: z.literal('list'), data: z.array(modelSchema) })
  .meta({ id: 'ListModelsResponse' })

export type WireModel = z.output<typeof modelSchema>
export type WireModelList = z.output<typeof modelListSchema>
