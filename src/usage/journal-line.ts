import { z } from 'zod'
import type { UsageRow } from '../store/usage-table.ts'

/** A row as it stands. */
export interface JournalLine {
  /** Nothing more comes to it. */
  readonly isDone: boolean
  readonly row: UsageRow
}

const count = z.int().min(0)
const text = z.string()

const lineSchema: z.ZodType<JournalLine> = z.strictObject({
  isDone: z.boolean(),
  row: z.strictObject({
    id: text,
    at: count,
    principal: text,
    keyId: text.nullable(),
    session: text.nullable(),
    endUser: text.nullable(),
    endpoint: text,
    model: text.nullable(),
    isEstimate: z.boolean(),
    calls: count,
    inputTokens: count,
    cacheReadTokens: count,
    cacheWriteTokens: count,
    outputTokens: count,
    reasoningTokens: count,
    costNano: count,
    ms: count,
    firstTokenMs: count.nullable(),
    status: count,
    outcome: text,
  }),
})

/** Undefined for what is no line of a journal: the end of one that broke off. */
export function readJournalLine(line: string): JournalLine | undefined {
  if (line === '') return undefined
  try {
    return lineSchema.parse(JSON.parse(line))
  } catch {
    return undefined
  }
}
