/**
 * Number fields. Zod's issues do not tell whether a number had to be whole, and OpenAI's error codes do; so the message
 * of every issue is the kind, and parse.ts writes the sentence.
 */
import { z } from 'zod'

export const INTEGER = 'integer'
export const DECIMAL = 'decimal'

/** A whole number of any size: beyond 2^53 it has lost digits on the way in, but it is still one. */
export const integer = (min?: number, max?: number) =>
  bounded(z.number({ error: INTEGER }).refine(Number.isInteger, { error: INTEGER }), INTEGER, min, max).meta({
    type: 'integer',
  })

export const decimal = (min: number, max: number) => bounded(z.number({ error: DECIMAL }), DECIMAL, min, max)

function bounded(schema: z.ZodNumber, error: string, min?: number, max?: number): z.ZodNumber {
  const fromBelow = min === undefined ? schema : schema.min(min, { error })
  return max === undefined ? fromBelow : fromBelow.max(max, { error })
}
