/** Numbers for Prometheus. Labels are closed sets: no model, key or caller is one. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { EngineStatus, WorkerCounts } from './engine/engine.ts'
import { END_REASONS, type EngineObserver, RESET_OUTCOMES, type TurnOutcome } from './engine/observer.ts'
import { LEASE_KINDS } from './turn/turn-event.ts'
import { RATE_CLASSES, type RateClass } from './usage/rate-limits.ts'
import type { LedgerStatus } from './usage/request-meter.ts'

const RELOAD_OUTCOMES = ['done', 'failed'] as const

type ReloadOutcome = (typeof RELOAD_OUTCOMES)[number]

export interface Metrics {
  /** Counts what the engine tells. */
  readonly observer: EngineObserver
  /** Where the numbers that are looked up when asked come from. */
  watch(status: () => EngineStatus): void
  watchLedger(status: () => LedgerStatus): void
  /** A request was refused for a limit on requests. */
  limited(rateClass: RateClass): void
  /** The settings were to be read anew. */
  reloaded(outcome: ReloadOutcome): void
  /** The server was held up by its own work. */
  heldUp(): void
  /** Lines of the log that nobody took. */
  dropped(lines: number): void
  /** In Prometheus' text format. */
  render(): Promise<string>
  readonly contentType: string
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]

/**
 * Every outcome, so that its counter is there from the start: Prometheus sees no increase in a first sample. True where
 * the time of the turn is worth knowing: those that are refused at once would hide how long the others take.
 */
const OUTCOMES: Readonly<Record<TurnOutcome, boolean>> = {
  done: true,
  tool_calls: true,
  stop_sequence: true,
  length: true,
  refusal: true,
  left: true,
  aborted: true,
  upstream_invalid_request: true,
  feature_refused: true,
  context_length_exceeded: true,
  upstream_auth: true,
  model_not_found: true,
  request_too_large: true,
  rate_limited: true,
  quota_exhausted: true,
  upstream_overloaded: true,
  upstream_error: true,
  upstream_timeout: true,
  stream_interrupted: true,
  answer_mismatch: true,
  worker_died: true,
  worker_unavailable: true,
  not_authenticated: true,
  queue_full: false,
  draining: false,
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  // By the names that everybody's dashboards know.
  collectDefaultMetrics({ register: registry })
  const counter = (name: string, help: string): Counter =>
    new Counter({ name: `dragoman_${name}`, help, registers: [registry] })
  const counterBy = (label: string, values: readonly string[], name: string, help: string): Counter => {
    const made = new Counter({ name: `dragoman_${name}`, help, labelNames: [label], registers: [registry] })
    for (const value of values) made.inc({ [label]: value }, 0)
    return made
  }
  const histogram = (name: string, help: string): Histogram =>
    new Histogram({ name: `dragoman_${name}`, help, buckets: SECONDS, registers: [registry] })

  const leases = counterBy('kind', LEASE_KINDS, 'leases_total', 'Processes given to turns, by how they were found.')
  const resets = counterBy('outcome', RESET_OUTCOMES, 'worker_resets_total', 'Processes told to forget.')
  const ends = counterBy('reason', END_REASONS, 'worker_ends_total', 'Processes ended, by reason.')
  const turns = counterBy('outcome', Object.keys(OUTCOMES), 'turns_total', 'Turns by outcome.')
  const mismatches = counter('answer_mismatches_total', 'Answers that did not add up with what was streamed.')
  const limited = counterBy('class', RATE_CLASSES, 'rate_limited_total', 'Requests refused for a limit on requests.')
  const reloads = counterBy('outcome', RELOAD_OUTCOMES, 'config_reloads_total', 'Times the settings were read anew.')
  const heldUps = counter('event_loop_held_total', 'Times the server was held up by its own work (WATCHDOG_TIMEOUT).')
  const dropped = counter('log_lines_dropped_total', 'Lines of the log that its reader or a full disk did not take.')
  const waits = histogram('queue_wait_seconds', 'Time until a turn had a slot, for those that got one.')
  const starts = histogram('worker_start_seconds', 'Time until a started or claimed process was ready.')
  const firstTokens = histogram('first_token_seconds', 'Time from the turn to its first event, the wait included.')
  const totals = histogram('turn_seconds', 'Time of whole turns, without those that were refused for want of room.')

  return {
    observer: {
      waited: (seconds) => waits.observe(seconds),
      leased: (kind) => leases.inc({ kind }),
      started: (seconds) => starts.observe(seconds),
      reset: (outcome) => resets.inc({ outcome }),
      ended: (reason) => ends.inc({ reason }),
      firstToken: (seconds) => firstTokens.observe(seconds),
      turnEnded: (outcome, seconds) => {
        turns.inc({ outcome })
        if (OUTCOMES[outcome]) totals.observe(seconds)
        if (outcome === 'answer_mismatch') mismatches.inc()
      },
    },
    watch: (status) => watchStatus(registry, status),
    watchLedger: (status) => watchLedger(registry, status),
    limited: (rateClass) => limited.inc({ class: rateClass }),
    reloaded: (outcome) => reloads.inc({ outcome }),
    heldUp: () => heldUps.inc(),
    dropped: (lines) => dropped.inc(lines),
    render: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

function watchStatus(registry: Registry, status: () => EngineStatus): void {
  const gauge = (name: string, help: string, read: (status: EngineStatus) => number): Gauge =>
    new Gauge({
      name: `dragoman_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read(status()))
      },
    })
  const gaugeBy = (name: string, help: string, read: (status: EngineStatus) => Record<string, number>): Gauge =>
    new Gauge({
      name: `dragoman_${name}`,
      help,
      labelNames: ['state'],
      registers: [registry],
      collect() {
        for (const [state, count] of Object.entries(read(status()))) this.set({ state }, count)
      },
    })
  gaugeBy('workers', 'Processes by state. Their sum is all there are.', ({ workers }) => countWorkers(workers))
  gauge('workers_limit', 'Most processes at a time, without spares.', ({ workers }) => workers.limit)
  gaugeBy(
    'worker_reuse',
    'Whether processes serve more than one turn: 1 for the state that it is in.',
    ({ reuse }) => ({
      on: 0,
      off: 0,
      unproven: 0,
      [reuse]: 1,
    }),
  )
  gauge('ready', '1 while turns can be answered, as /ready says.', ({ state }) => (state === 'ready' ? 1 : 0))
  gauge('turns_running', 'Turns that have a slot.', ({ workers }) => workers.busy)
  gauge('queue_length', 'Turns that wait for a slot.', ({ queued }) => queued)
}

function watchLedger(registry: Registry, status: () => LedgerStatus): void {
  const gauge = (name: string, help: string, read: (status: LedgerStatus) => number): Gauge =>
    new Gauge({
      name: `dragoman_ledger_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read(status()))
      },
    })
  gauge('waiting_bytes', 'Of the usage ledger, on disk and not in the database yet.', (ledger) => ledger.waitingBytes)
  gauge('lost_rows', 'Requests that the usage ledger has no row of, since the start.', (ledger) => ledger.lost)
}

/** Each process once: what is in no other state works on a turn, or is just about to. */
function countWorkers({ live, starting, idle, resetting, ending, spare }: WorkerCounts): Record<string, number> {
  return { starting, idle, busy: live - starting - idle - resetting - ending, resetting, ending, spare }
}
