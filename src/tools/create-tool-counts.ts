/** Counts of tools, summed in memory and brought into the database once a second. */
import type { Logger } from '../log.ts'
import type { Store } from '../store/store.ts'
import { StoreUnavailable } from '../store/store-unavailable.ts'
import { addToolCounts, sumToolCounts, type ToolCount } from '../store/tool-counts-table.ts'
import { dayOf } from '../store/usage-table.ts'
import { toolNamed } from './tool-names.ts'
import type { ToolCounts, ToolUse } from './tool-counts.ts'

export interface ToolCountsOptions {
  readonly store: Pick<Store, 'run'>
  readonly log: Pick<Logger, 'warn'>
  readonly flushMs?: number
}

const FLUSH_MS = 1000
const DAY_MS = 86_400_000
/** Days in a report that asks for none. */
const DAYS = 30
/** Groups that wait for a database that is away; what comes then is not counted. */
const MOST_WAITING = 1000

export function createToolCounts({ store, log, flushMs = FLUSH_MS }: ToolCountsOptions): ToolCounts {
  let waiting = new Map<string, ToolCount>()
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()

  const add = (count: ToolCount): void => {
    const key = JSON.stringify([count.day, count.principal, count.tool])
    const sum = waiting.get(key)
    if (sum === undefined && waiting.size >= MOST_WAITING) return
    waiting.set(key, sum === undefined ? count : plus(sum, count))
  }
  const write = async (): Promise<void> => {
    const counts = [...waiting.values()]
    if (counts.length === 0) return
    waiting = new Map()
    try {
      await store.run((db) => addToolCounts(db, counts))
    } catch (error) {
      if (error instanceof StoreUnavailable) {
        for (const count of counts) add(count)
        flushSoon()
      } else log.warn({ err: error }, 'uses of tools cannot be counted')
    }
  }
  const flush = (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    writing = writing.then(write)
    return writing
  }
  const flushSoon = (): void => {
    timer ??= setTimeout(() => void flush(), flushMs).unref()
  }

  return {
    note(principalId, use) {
      add(countOf(principalId, use))
      flushSoon()
    },
    async report({ from, to, principalId }) {
      await flush()
      const end = to ?? dayOf(Date.now())
      const start = from ?? dayOf(Date.parse(end) - (DAYS - 1) * DAY_MS)
      const whose = principalId === undefined ? {} : { principal: principalId }
      return { start, end, tools: await store.run((db) => sumToolCounts(db, { from: start, to: end, ...whose })) }
    },
    async close(patienceMs) {
      const tooLate = new Promise<void>((resolve) => setTimeout(resolve, patienceMs).unref())
      await Promise.race([flush(), tooLate])
      clearTimeout(timer)
    },
  }
}

function countOf(principal: string, { name, outcome, durationMs, isUnknown }: ToolUse): ToolCount {
  return {
    day: dayOf(Date.now()),
    principal,
    tool: nameOf(name, isUnknown === true),
    calls: 1,
    failed: outcome === 'failed' ? 1 : 0,
    denied: outcome === 'denied' ? 1 : 0,
    totalMs: outcome === 'denied' ? 0 : Math.max(0, Math.round(durationMs)),
  }
}

/** What a model makes up is not a row of its own. */
function nameOf(name: string, isUnknown: boolean): string {
  return toolNamed(name) ?? (!isUnknown && /^mcp__[\w.-]{1,200}$/.test(name) ? name : 'other')
}

function plus(a: ToolCount, b: ToolCount): ToolCount {
  return {
    ...a,
    calls: a.calls + b.calls,
    failed: a.failed + b.failed,
    denied: a.denied + b.denied,
    totalMs: a.totalMs + b.totalMs,
  }
}
