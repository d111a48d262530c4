/**
 * The load bench: Dragoman against the floor (the scripted model alone) and against a process per request, in one run on
 * one machine, so that the ratios mean something where absolute times do not.
 *
 *   npm run bench                 everything
 *   npm run bench -- --quick      fewer requests
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDemoModel } from '../src/demo/demo-model.ts'
import { type LoadResult, percentile, runLoad, type Sample, sendStreaming, type Target } from './load.ts'
import { meterTree } from './process-tree.ts'
import { createProcessPerRequest } from './process-per-request.ts'
import { startServer } from './server.ts'

interface Row {
  readonly name: string
  readonly atOnce: number
  readonly load: LoadResult
  readonly tree: { cpuSeconds: number; peakRssMegabytes: number; peakProcesses: number }
}

const quick = process.argv.includes('--quick')
const PROMPT = 'Say hello in a few words.'

async function measure(
  name: string,
  root: number,
  send: () => Promise<Sample>,
  count: number,
  atOnce: number,
): Promise<Row> {
  await runLoad(send, atOnce, atOnce)
  const meter = meterTree(root)
  const load = await runLoad(send, quick ? Math.ceil(count / 4) : count, atOnce)
  return { name, atOnce, load, tree: meter.stop() }
}

function modelAlone(url: string): Target {
  const body = {
    model: 'claude-sonnet-5-5',
    max_tokens: 1000,
    stream: true,
    messages: [{ role: 'user', content: PROMPT }],
  }
  return {
    name: 'the model alone (floor)',
    url: `${url}/v1/messages`,
    headers: { 'x-api-key': 'bench', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify(body),
    firstToken: /text_delta/,
    complete: /"message_stop"/,
  }
}

function dragoman(url: string): Target {
  const body = { model: 'sonnet', stream: true, messages: [{ role: 'user', content: PROMPT }] }
  return {
    name: 'Dragoman',
    url: `${url}/v1/chat/completions`,
    headers: {},
    body: JSON.stringify(body),
    firstToken: /"content":"[^"]/,
    complete: /data: \[DONE\]/,
  }
}

function line(row: Row): string {
  const { samples, errors, seconds } = row.load
  const first = samples.map((sample) => sample.firstTokenMs)
  const total = samples.map((sample) => sample.totalMs)
  const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0)
  const cells = [
    row.name,
    row.atOnce,
    `${ms(percentile(first, 0.5))} / ${ms(percentile(first, 0.99))}`,
    `${ms(percentile(total, 0.5))} / ${ms(percentile(total, 0.99))}`,
    (samples.length / seconds).toFixed(1),
    errors,
    ((row.tree.cpuSeconds / Math.max(1, samples.length)) * 1000).toFixed(0),
    row.tree.peakRssMegabytes.toFixed(0),
    row.tree.peakProcesses,
  ]
  return `| ${cells.join(' | ')} |`
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dragoman-bench-'))
  const model = await startDemoModel({ delayMs: 0 })
  const server = await startServer({ modelUrl: model.url, dataFolder: join(folder, 'data') })
  const perRequest = createProcessPerRequest({ modelUrl: model.url, folder, prompt: PROMPT })
  try {
    const floor = modelAlone(model.url)
    const target = dragoman(server.url)
    const rows = [
      await measure(floor.name, process.pid, () => sendStreaming(floor), 100, 1),
      await measure(floor.name, process.pid, () => sendStreaming(floor), 200, 8),
      await measure(target.name, server.pid, () => sendStreaming(target), 40, 1),
      await measure(target.name, server.pid, () => sendStreaming(target), 80, 8),
      await measure('a process per request', process.pid, perRequest, 12, 1),
      await measure('a process per request', process.pid, perRequest, 24, 8),
    ]
    console.log(
      '| what | at once | first token p50 / p99 ms | total p50 / p99 ms | requests/s | errors | CPU ms a request | peak memory MB | processes |',
    )
    console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |')
    for (const row of rows) console.log(line(row))
  } finally {
    await server.stop()
    await model.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

await main()
