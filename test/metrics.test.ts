import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { type EngineStatus, NO_WORKERS } from '../src/engine/engine.ts'
import { createMetrics, type Metrics } from '../src/metrics.ts'

const STATUS: EngineStatus = {
  state: 'ready',
  login: 'ANTHROPIC_API_KEY',
  auth: { method: 'api_key', missing: [] },
  provider: 'anthropic',
  egress: true,
  commands: 'sandboxed',
  reuse: 'on',
  workers: { live: 7, starting: 1, busy: 4, idle: 2, resetting: 1, ending: 1, spare: 3, limit: 8 },
  queued: 5,
}

function watching(status: Partial<EngineStatus> = {}): Metrics {
  const metrics = createMetrics()
  metrics.watch(() => ({ ...STATUS, ...status }))
  return metrics
}

it('counts each process once, in the state that it is in', async () => {
  const text = await watching().render()
  const counts = [...text.matchAll(/^dragoman_workers\{state="(\w+)"\} (\d+)$/gm)].map(([, state, count]) => [
    state,
    Number(count),
  ])
  expect(Object.fromEntries(counts)).toEqual({ starting: 1, idle: 2, busy: 2, resetting: 1, ending: 1, spare: 3 })
  expect(text).toContain('\ndragoman_workers_limit 8\n')
  expect(text).toContain('\ndragoman_turns_running 4\n')
  expect(text).toContain('\ndragoman_queue_length 5\n')
})

it('says whether processes serve more than one turn', async () => {
  const text = await watching({ reuse: 'off' }).render()
  expect(text).toContain('dragoman_worker_reuse{state="on"} 0\n')
  expect(text).toContain('dragoman_worker_reuse{state="off"} 1\n')
  expect(text).toContain('dragoman_worker_reuse{state="unproven"} 0\n')
})

it.each([
  ['ready', 1],
  ['starting', 0],
  ['degraded', 0],
  ['draining', 0],
] as const)('says of an engine that is %s whether turns can be answered', async (state, expected) => {
  expect(await watching({ state }).render()).toContain(`\ndragoman_ready ${expected}\n`)
})

it('has every label of every counter from the start, so that the first failure is an increase', async () => {
  const text = await watching().render()
  expect(text).toContain('dragoman_turns_total{outcome="worker_died"} 0\n')
  expect(text).toContain('dragoman_worker_ends_total{reason="broken"} 0\n')
  expect(text).toContain('dragoman_worker_resets_total{outcome="refused"} 0\n')
  expect(text).toContain('dragoman_leases_total{kind="continued"} 0\n')
})

it('leaves turns that were refused at once out of the times of turns', async () => {
  const metrics = watching()
  metrics.observer.turnEnded('queue_full', 0)
  metrics.observer.turnEnded('draining', 0)
  metrics.observer.turnEnded('done', 2)
  const text = await metrics.render()
  expect(text).toContain('dragoman_turns_total{outcome="queue_full"} 1\n')
  expect(text).toContain('dragoman_turn_seconds_count 1\n')
})

it('describes every number and every label in docs/operations.md', async () => {
  const page = readFileSync(new URL('../docs/operations.md', import.meta.url), 'utf8')
  const text = await watching({ workers: NO_WORKERS }).render()
  const own = text.split('\n').filter((line) => !/\b(?:process|nodejs)_/.test(line))
  const names = own.flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? [])
  const labels = own.flatMap((line) => /^\w+\{(?:kind|outcome|reason|state)="(\w+)"\}/.exec(line)?.[1] ?? [])
  const missing = [...new Set([...names, ...labels])].filter((word) => !page.includes(`\`${word}\``))
  expect(names).toContain('dragoman_turns_total')
  expect(missing).toEqual([])
})
