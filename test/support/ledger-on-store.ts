/** A ledger on a real database, with its journal in the same data folder. */
import { pino } from 'pino'
import type { Grant } from '../../src/keys/grant.ts'
import { FULL_GRANT } from '../../src/keys/grant.ts'
import { newInstanceName } from '../../src/instance.ts'
import type { Store } from '../../src/store/store.ts'
import type { UsageRow } from '../../src/store/usage-table.ts'
import type { Estimate, Spending } from '../../src/turn/spending.ts'
import { type Allowances, createAllowances } from '../../src/usage/allowances.ts'
import { openJournal } from '../../src/usage/journal.ts'
import { createLedger, type LedgerOptions } from '../../src/usage/ledger.ts'
import type { Ledger, MeteredRequest } from '../../src/usage/request-meter.ts'

const DAY_MS = 86_400_000

export function createMeteringOn(
  store: Store,
  dataFolder: string,
  more: Pick<LedgerOptions, 'tidyMs'> = {},
): { ledger: Ledger; allowances: Allowances } {
  const allowances = createAllowances(store, () => 60_000)
  const ledger = createLedger({
    store,
    journal: openJournal(dataFolder, newInstanceName()),
    allowances,
    log: pino({ level: 'silent' }),
    keptMs: 30 * DAY_MS,
    flushMs: 10,
    retryMs: 20,
    ...more,
  })
  return { ledger, allowances }
}

export const createLedgerOn = (store: Store, dataFolder: string): Ledger => createMeteringOn(store, dataFolder).ledger

let count = 0

/** A request that asks a model, of a caller with these limits. */
export function aRequest(more: Partial<MeteredRequest> = {}, limits: Partial<Grant> = {}): MeteredRequest {
  count += 1
  return {
    id: `req_${process.pid}_${count}`,
    principalId: 'key:one',
    keyId: 'one',
    grant: { ...FULL_GRANT, ...limits },
    endpoint: '/v1/chat/completions',
    isAlwaysRecorded: true,
    ...more,
  }
}

export function usage(more: Partial<Spending['usage']> = {}): Spending['usage'] {
  return {
    inputTokens: 30,
    cacheReadTokens: 10,
    cacheWriteTokens: 5,
    outputTokens: 7,
    reasoningTokens: 2,
    costUsd: 0.01,
    ...more,
  }
}

/** In US dollars, half of it for the output. */
export const estimate = (costUsd: number, tokens = 100): Estimate => ({
  inputTokens: tokens - 10,
  outputTokens: 10,
  inputUsd: costUsd / 2,
  outputUsd: costUsd / 2,
})

export const spent = (more: Partial<Spending['usage']> = {}): Spending => ({
  model: 'claude-sonnet-5-5',
  usage: usage(more),
  isEstimate: false,
})

export const OK = { status: 200, outcome: 'ok', ms: 12 } as const

/** A request that asks once and takes this. */
export async function answer(ledger: Ledger, request: MeteredRequest, taken = spent()): Promise<void> {
  const meter = ledger.open(request)
  const question = await meter.reserve(estimate(1))
  const attempt = question.attempt('sonnet')
  attempt.took(taken)
  attempt.ended()
  meter.end(OK)
}

/** Every row, in the order of their ids. */
export function allRows(store: Store): Promise<readonly UsageRow[]> {
  return store.run(async (db) => {
    const rows = await db.selectFrom('usage').selectAll().orderBy('id').execute()
    return rows.map((row) => ({
      id: row.id,
      at: row.at,
      principal: row.principal,
      keyId: row.key_id,
      session: row.session,
      endUser: row.end_user,
      endpoint: row.endpoint,
      model: row.model,
      calls: row.calls,
      inputTokens: row.input_tokens,
      cacheReadTokens: row.cache_read_tokens,
      cacheWriteTokens: row.cache_write_tokens,
      outputTokens: row.output_tokens,
      reasoningTokens: row.reasoning_tokens,
      costNano: row.cost_nano,
      isEstimate: row.is_estimate === 1,
      ms: row.ms,
      firstTokenMs: row.first_token_ms,
      status: row.status,
      outcome: row.outcome,
    }))
  })
}
