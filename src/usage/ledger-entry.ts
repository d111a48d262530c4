import { ApiError } from '../errors.ts'
import { StoreUnavailable } from '../store/store-unavailable.ts'
import type { UsageCounts, UsageRow } from '../store/usage-table.ts'
import type { Estimate, Spending } from '../turn/spending.ts'
import type { Allowances, Refusal } from './allowances.ts'
import type { JournalLine } from './journal-line.ts'
import type {
  AttemptMeter,
  MeteredRequest,
  QuestionMeter,
  RequestEnd,
  RequestMeter,
  UsageFacts,
} from './request-meter.ts'
import { limitsOf } from './spending-limits.ts'

export interface EntryParts {
  readonly allowances: Allowances
  readonly write: (line: JournalLine) => void
  /** Brings what has ended into the database. */
  readonly settleNow: () => Promise<void>
  /** It may take something from now on. */
  readonly onRunning: () => void
  /** It is written. `isUrgent`: it holds back what others may wait for. */
  readonly onDone: (isUrgent: boolean) => void
}

/** In characters: part of it is the caller's own text, or the model API's. */
const LONGEST_NAME = 256

/** A request in the ledger, from its coming until nothing more comes to it. */
export class LedgerEntry implements RequestMeter {
  readonly #request: MeteredRequest
  readonly #parts: EntryParts
  readonly #at = Date.now()
  readonly #began = performance.now()
  readonly #running = new Set<RunningAttempt>()
  #facts: UsageFacts = {}
  #counts = NOTHING
  #model: string | null = null
  #isEstimate = false
  #hasReserved = false
  #end: RequestEnd | undefined
  #isDone = false
  /** That it is done is written: nothing may be written after it. */
  #isTold = false
  #isJournaled = false
  /** Reservations that are being made. */
  #waiting = 0

  constructor(request: MeteredRequest, parts: EntryParts) {
    this.#request = request
    this.#parts = parts
  }

  note(facts: UsageFacts): void {
    this.#facts = { ...this.#facts, ...facts }
  }

  async reserve(estimate: Estimate): Promise<QuestionMeter> {
    await this.#holdBack(estimate)
    const attempt: QuestionMeter['attempt'] = (model) => this.#attempt(model, estimate)
    if (limitsOf(this.#request.grant) === undefined) return { attempt }
    return { attempt, goOn: (taken) => this.#goOn(taken) }
  }

  end(how: RequestEnd): void {
    this.#end ??= how
    this.#settle()
  }

  /** As it is now; if the server was killed now, as it was. */
  get line(): JournalLine {
    return { isDone: this.#isDone, row: this.#row() }
  }

  /** What calls took is held back as they took it: so the request always has room for the longest call. */
  async #goOn(taken: readonly Spending[]): Promise<boolean> {
    try {
      for (const { usage } of taken) {
        const { inputTokens, outputTokens, costUsd } = usage
        await this.#holdBack({ inputTokens, outputTokens, inputUsd: costUsd, outputUsd: 0 })
      }
      return true
    } catch (error) {
      if (error instanceof ApiError) return false
      throw error
    }
  }

  async #holdBack(estimate: Estimate): Promise<void> {
    const limits = limitsOf(this.#request.grant)
    if (limits === undefined) return
    const { id, principalId: account } = this.#request
    const { inputTokens, outputTokens, inputUsd, outputUsd } = estimate
    const costNano = toNano(inputUsd + outputUsd)
    const reservation = { id, account, at: this.#at, tokens: inputTokens + outputTokens, costNano }
    const isFurther = this.#hasReserved
    this.#waiting += 1
    this.#hasReserved = true
    // Before it is there: nobody else would know of it.
    this.#write()
    try {
      for (let tries = 1; ; tries += 1) {
        const refusal = await this.#parts.allowances.reserve(reservation, limits, isFurther || tries > 1)
        if (refusal === undefined) return
        if (refusal.isUsedUp || tries >= PATIENCE) throw refusedBecause(refusal)
        // What has ended a moment ago may still be held back.
        await this.#parts.settleNow()
        if (tries > 1) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      }
    } catch (error) {
      throw error instanceof StoreUnavailable ? new ApiError('store_unavailable', { cause: error }) : error
    } finally {
      this.#waiting -= 1
      this.#settle()
    }
  }

  #attempt(model: string, estimate: Estimate): AttemptMeter {
    const attempt = { estimate, hasTaken: false, bytes: 0, covered: FIRST_BYTES }
    this.#model = model
    this.#running.add(attempt)
    this.#write()
    return {
      heard: (bytes) => {
        attempt.bytes += bytes
        if (attempt.bytes <= attempt.covered) return
        // The journal is ahead of the answer, by as much again: so an answer takes few lines.
        attempt.covered = attempt.bytes * 2
        this.#write()
      },
      took: (spending) => {
        attempt.hasTaken = true
        this.#model = spending.model
        this.#isEstimate ||= spending.isEstimate
        this.#counts = add(this.#counts, spending.usage)
        this.#write()
      },
      ended: () => {
        this.#running.delete(attempt)
        this.#settle()
      },
    }
  }

  #settle(): void {
    if (this.#isDone || this.#end === undefined || this.#running.size > 0 || this.#waiting > 0) return
    this.#isDone = true
    if (!this.#request.isAlwaysRecorded && !this.#isJournaled) return
    this.#write()
    this.#isTold = true
    this.#parts.onDone(this.#hasReserved)
  }

  #write(): void {
    if (this.#isTold) return
    if (!this.#isJournaled) this.#parts.onRunning()
    this.#isJournaled = true
    this.#parts.write(this.line)
  }

  #row(): UsageRow {
    const { id, principalId: principal, keyId = null, endpoint } = this.#request
    const { session = null, endUser, firstTokenMs = null } = this.#facts
    const open = [...this.#running].filter(({ hasTaken }) => !hasTaken)
    const end = this.#end ?? { status: 0, outcome: 'interrupted', ms: Math.round(performance.now() - this.#began) }
    return {
      id,
      at: this.#at,
      principal,
      keyId,
      session,
      endpoint,
      firstTokenMs,
      ...end,
      endUser: endUser === undefined ? null : storable(endUser),
      model: this.#model === null ? null : storable(this.#model),
      isEstimate: this.#isEstimate || open.length > 0,
      ...open.reduce((sum, attempt) => add(sum, usageSoFar(attempt)), this.#counts),
    }
  }
}

interface RunningAttempt {
  readonly estimate: Estimate
  hasTaken: boolean
  /** Of the answer. */
  bytes: number
  /** Up to which its row need not be written anew. */
  covered: number
}

const FIRST_BYTES = 500
/** Fewer than a token has in any writing. */
const BYTES_A_TOKEN = 2

/** What an attempt has taken, rather too much than too little. */
function usageSoFar({ estimate, covered }: RunningAttempt): Spending['usage'] {
  const { inputTokens, inputUsd, outputUsd } = estimate
  const outputTokens = Math.min(estimate.outputTokens, Math.ceil(covered / BYTES_A_TOKEN))
  const costUsd = inputUsd + (outputUsd * outputTokens) / estimate.outputTokens
  return { inputTokens, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens, reasoningTokens: 0, costUsd }
}

/** How often a request asks whether what others hold back has become free. */
const PATIENCE = 5
const PAUSE_MS = 100

const NOTHING: UsageCounts = {
  calls: 0,
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  costNano: 0,
}

function add(counts: UsageCounts, usage: Spending['usage']): UsageCounts {
  return {
    calls: counts.calls + 1,
    inputTokens: counts.inputTokens + whole(usage.inputTokens),
    cacheReadTokens: counts.cacheReadTokens + whole(usage.cacheReadTokens),
    cacheWriteTokens: counts.cacheWriteTokens + whole(usage.cacheWriteTokens),
    outputTokens: counts.outputTokens + whole(usage.outputTokens),
    reasoningTokens: counts.reasoningTokens + whole(usage.reasoningTokens),
    costNano: counts.costNano + toNano(usage.costUsd),
  }
}

/** Of one call. More is no count, and sums of many have to stay exact. */
const MOST = 1e12

/** Whoever answers may count in any way: a row with such a number would not be taken. */
function whole(count: number): number {
  const rounded = Math.round(count)
  return rounded > 0 ? Math.min(rounded, MOST) : 0
}

/** PostgreSQL takes no text with a NUL, and no index of long ones: one such row would hold up all. */
const storable = (name: string): string => name.slice(0, LONGEST_NAME).replaceAll('\0', '')

const toNano = (usd: number): number => whole(usd * 1e9)

function refusedBecause({ kind, isUsedUp, resetAt }: Refusal): ApiError {
  const retryAfterSeconds = Math.max(1, Math.ceil((resetAt - Date.now()) / 1000))
  if (!isUsedUp) return new ApiError('limit_reserved')
  if (kind === 'tokens') {
    const message = `The tokens per minute of this API key are used up. Try again in ${retryAfterSeconds} seconds.`
    return new ApiError('too_many_requests', { message, retryAfterSeconds })
  }
  const period = kind === 'usd_day' ? 'day' : 'month'
  const reset = new Date(resetAt).toISOString()
  return new ApiError('budget_exceeded', {
    message: `The budget of this API key for this ${period} is used up. It resets at ${reset}.`,
  })
}
