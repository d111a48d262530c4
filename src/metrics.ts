/** Numbers for Prometheus. Labels are closed sets: no model, key or caller is one. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { EngineStatus } from './engine/engine.ts'
import type { EngineObserver } from './engine/observer.ts'

export interface Metrics {
  /** Counts what the engine tells. */
  readonly observer: EngineObserver
  /** Where the numbers that are looked up when asked come from. */
  watch(status: () => EngineStatus): void
  /** In Prometheus' text format. */
  render(): Promise<string>
  readonly contentType: string
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'dragoman_' })
  const counter = (name: string, help: string, labelNames: string[] = []): Counter =>
    new Counter({ name: `dragoman_${name}`, help, labelNames, registers: [registry] })
  const histogram = (name: string, help: string): Histogram =>
    new Histogram({ name: `dragoman_${name}`, help, buckets: SECONDS, registers: [registry] })

  const leases = counter('leases_total', 'Turns by how their process was found.', ['kind'])
  const resets = counter('worker_resets_total', 'Processes told to forget.', ['outcome'])
  const ends = counter('worker_ends_total', 'Processes ended, by reason.', ['reason'])
  const turns = counter('turns_total', 'Turns by outcome.', ['outcome'])
  const mismatches = counter('answer_mismatches_total', 'Answers that did not add up with what was streamed.')
  const waits = histogram('queue_wait_seconds', 'Time turns waited for a slot.')
  const starts = histogram('worker_start_seconds', 'Time from the start of a process until it was ready.')
  const firstTokens = histogram('first_token_seconds', 'Time from the turn to its first event.')
  const totals = histogram('turn_seconds', 'Time of whole turns.')

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
        totals.observe(seconds)
        if (outcome === 'answer_mismatch') mismatches.inc()
      },
    },
    watch: (status) => watchStatus(registry, status),
    render: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

function watchStatus(registry: Registry, status: () => EngineStatus): void {
  const workers = new Gauge({
    name: 'dragoman_workers',
    help: 'Processes by state. `live` counts all but spares.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      for (const [state, count] of Object.entries(status().workers)) workers.set({ state }, count)
    },
  })
  const queue = new Gauge({
    name: 'dragoman_queue_length',
    help: 'Turns that wait for a slot.',
    registers: [registry],
    collect() {
      queue.set(status().queued)
    },
  })
}
