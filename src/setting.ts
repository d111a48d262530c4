import type { z } from 'zod'

export interface Setting<T> {
  readonly schema: z.ZodType<T, string>
  readonly default: T
  /** What it does, for the table and `--help`. */
  readonly doc: string
  /** How the default reads where its value does not say it. */
  readonly shownDefault?: string
  /** Never shown: not in logs, not in `doctor`. */
  readonly secret?: boolean
}

export const setting = <T>(
  schema: z.ZodType<T, string>,
  fallback: T,
  doc: string,
  more: Pick<Setting<T>, 'shownDefault' | 'secret'> = {},
): Setting<T> => ({ schema, default: fallback, doc, ...more })

export const optional = <T>(
  schema: z.ZodType<T, string>,
  doc: string,
  more: Pick<Setting<T>, 'shownDefault' | 'secret'> = {},
): Setting<T | undefined> => ({ schema, default: undefined, doc, ...more })
