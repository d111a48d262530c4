/** What callers took, by `GET /v1/usage`. */
import { z } from 'zod'

export const USAGE_GROUPS = ['day', 'model', 'key'] as const

const NAMES: readonly string[] = USAGE_GROUPS
const namesIn = (text: string): readonly string[] => text.split(',').map((name) => name.trim())

const day = z.iso.date('expected a day such as 2030-12-31')

export const usageQuerySchema = z.object({
  start: day.optional(),
  end: day.optional(),
  group_by: z
    .string()
    .refine((text) => namesIn(text).every((name) => NAMES.includes(name)), `expected names among ${NAMES.join(', ')}`)
    .transform((text) => USAGE_GROUPS.filter((group) => namesIn(text).includes(group)))
    .optional(),
})

const count = z.int().min(0)

const sums = {
  requests: count.describe('Those that ask a model, also where none answered.'),
  failed: count.describe('Those among them that ended with an error, or were left by the caller.'),
  num_model_requests: count.describe('Calls of the model API.'),
  input_tokens: count.describe('All input, cache reads and writes included.'),
  input_cached_tokens: count.describe('Input read from the cache.'),
  input_cache_write_tokens: count.describe('Input written to the cache.'),
  output_tokens: count.describe('All output, reasoning included.'),
  reasoning_tokens: count,
  cost: z.number().min(0).describe('USD, as Claude Code reckons it; where it could not, by the price list.'),
}

const budget = z.strictObject({
  limit: z.number().describe('USD.'),
  used: z.number().min(0),
  reserved: z.number().min(0).describe('What running requests may still take.'),
  resets_at: z.iso.datetime(),
})

export const usageReportSchema = z
  .strictObject({
    object: z.literal('usage'),
    start: z.iso.date().describe('The first day, in UTC.'),
    end: z.iso.date().describe('The last day, in UTC.'),
    data: z.array(
      z.strictObject({
        day: z.iso.date().exactOptional(),
        model: z.string().nullable().exactOptional().describe('`null` where none was asked.'),
        key: z.strictObject({ id: z.string(), name: z.string() }).exactOptional(),
        ...sums,
      }),
    ),
    total: z.strictObject(sums),
    budgets: z
      .strictObject({ day: budget.nullable(), month: budget.nullable() })
      .describe("What the caller's own key has left; `null` where it has no such budget."),
  })
  .meta({ id: 'UsageReport' })

export type UsageReport = z.output<typeof usageReportSchema>
export type UsageBudget = z.output<typeof budget>
