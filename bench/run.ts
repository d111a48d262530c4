/**
 * The load bench: Dragoman against the floor (the scripted model alone) and against a process per request, in one run on
 * one machine, so that the ratios mean something where absolute times do not.
 *
 *   npm run bench                 everything, some four minutes
 *   npm run bench -- --quick      fewer requests
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startDemoModel } from '../src/demo/demo-model.ts'
import { type LoadResult, percentile, runLoad, type Sample, sendStreaming } from './load.ts'
import { createProcessPerRequest } from './process-per-request.ts'
import { meterTree } from './process-tree.ts'
import { startServer } from './server.ts'
import { runStreams } from './streams.ts'
import { chat, modelAlone, PROMPT } from './targets.ts'

interface Case {
  readonly name: string
  /** The process whose tree is measured. */
  readonly root: number
  readonly send: () => Promise<Sample>
  readonly count: number
  readonly atOnce: number
  /** Milliseconds between two requests. */
  readonly pauseMs?: number
}

interface Row extends Case {
  readonly load: LoadResult
  readonly tree: { cpuSeconds: number; peakRssMegabytes: number; peakProcesses: number }
}

const quick = process.argv.includes('--quick')
const STREAM_DELTAS_PER_SECOND = 40

async function measure(one: Case): Promise<Row> {
  const meter = meterTree(one.root)
  const send = async (): Promise<Sample> => {
    await delay(one.pauseMs ?? 0)
    return one.send()
  }
  const load = await runLoad(send, quick ? Math.ceil(one.count / 4) : one.count, one.atOnce)
  return { ...one, load, tree: meter.stop() }
}

function line({ name, atOnce, load, tree, pauseMs }: Row): string {
  const { samples, errors, seconds } = load
  const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0)
  const spread = (values: number[]): string => `${ms(percentile(values, 0.5))} / ${ms(percentile(values, 0.99))}`
  const cells = [
    name,
    atOnce,
    spread(samples.map((sample) => sample.firstTokenMs)),
    spread(samples.map((sample) => sample.totalMs)),
    pauseMs === undefined ? (samples.length / seconds).toFixed(1) : '',
    errors,
    ((tree.cpuSeconds / Math.max(1, samples.length)) * 1000).toFixed(0),
    tree.peakRssMegabytes.toFixed(0),
    tree.peakProcesses,
  ]
  return `| ${cells.join(' | ')} |`
}

async function loadTable(modelUrl: string, folder: string): Promise<void> {
  const { url, pid, stop } = await startServer({ modelUrl, dataFolder: join(folder, 'data') })
  const perRequest = createProcessPerRequest({ modelUrl, folder, prompt: PROMPT })
  const own = process.pid
  let number = 0
  const cases: Case[] = [
    {
      name: 'the model alone (floor)',
      root: own,
      send: () => sendStreaming(modelAlone(modelUrl)),
      count: 200,
      atOnce: 1,
    },
    {
      name: 'the model alone (floor)',
      root: own,
      send: () => sendStreaming(modelAlone(modelUrl)),
      count: 400,
      atOnce: 8,
    },
    { name: 'Dragoman, first requests', root: pid, send: () => sendStreaming(chat(url)), count: 8, atOnce: 1 },
    { name: 'Dragoman', root: pid, send: () => sendStreaming(chat(url)), count: 200, atOnce: 1 },
    { name: 'Dragoman', root: pid, send: () => sendStreaming(chat(url)), count: 300, atOnce: 2 },
    { name: 'Dragoman, first 8 at once', root: pid, send: () => sendStreaming(chat(url)), count: 32, atOnce: 8 },
    { name: 'Dragoman', root: pid, send: () => sendStreaming(chat(url)), count: 400, atOnce: 8 },
    {
      name: 'Dragoman, a system prompt never seen, on a spare',
      root: pid,
      send: () => sendStreaming(chat(url, { system: `You are number ${(number += 1)}.` })),
      count: 12,
      atOnce: 1,
      pauseMs: 2500,
    },
    {
      name: 'Dragoman, 100 turns, cold',
      root: pid,
      send: () => sendStreaming(chat(url, { turns: 100, salt: String((number += 1)) })),
      count: 4,
      atOnce: 1,
    },
    { name: 'Dragoman, a chat that goes on after 100 turns', root: pid, send: goOn(url), count: 40, atOnce: 1 },
    { name: 'a process per request', root: own, send: perRequest, count: 12, atOnce: 1 },
    { name: 'a process per request', root: own, send: perRequest, count: 24, atOnce: 8 },
  ]
  console.log(
    '| what | at once | first token p50 / p99 ms | total p50 / p99 ms | requests/s | errors | CPU ms a request | peak memory MB | processes |',
  )
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |')
  try {
    for (const one of cases) console.log(line(await measure(one)))
  } finally {
    await stop()
  }
}

/** A chat of 100 turns that each request continues by one. Loading it comes before the first. */
function goOn(url: string): () => Promise<Sample> {
  const history: { role: string; content: string }[] = []
  return async () => {
    if (history.length === 0) {
      const beginning = chat(url, { turns: 100, salt: 'goes on' })
      const { text } = await sendStreaming(beginning)
      history.push(...beginning.messages, { role: 'assistant', content: text }, { role: 'user', content: PROMPT })
    }
    const sample = await sendStreaming(chat(url, { history }))
    history.push({ role: 'assistant', content: sample.text }, { role: 'user', content: PROMPT })
    return sample
  }
}

async function streamsTable(folder: string): Promise<void> {
  const everyMs = 1000 / STREAM_DELTAS_PER_SECOND
  const model = await startDemoModel({ delayMs: everyMs })
  const server = await startServer({
    modelUrl: model.url,
    dataFolder: join(folder, 'streams'),
    env: { MAX_WORKERS: '32' },
  })
  const words = (quick ? 5 : 20) * STREAM_DELTAS_PER_SECOND
  console.log('\n| streams at 40 deltas/s | deltas | out of order | errors | added gap p50 / p99 ms | CPU of 2 cores |')
  console.log('| --- | --- | --- | --- | --- | --- |')
  try {
    for (const streams of [1, 8, 12, 16]) {
      await runStreams({ url: server.url, streams, words: 5, everyMs })
      const meter = meterTree(server.pid)
      const began = performance.now()
      const result = await runStreams({ url: server.url, streams, words, everyMs })
      const share = meter.stop().cpuSeconds / ((performance.now() - began) / 1000) / 2
      const gap = `${result.addedGapP50.toFixed(1)} / ${result.addedGapP99.toFixed(1)}`
      const cells = [
        streams,
        `${result.deltas} of ${result.expected}`,
        result.outOfOrder,
        result.errors,
        gap,
        `${(share * 100).toFixed(0)} %`,
      ]
      console.log(`| ${cells.join(' | ')} |`)
    }
  } finally {
    await server.stop()
    await model.close()
  }
}

const folder = mkdtempSync(join(tmpdir(), 'dragoman-bench-'))
const model = await startDemoModel({ delayMs: 0 })
try {
  await loadTable(model.url, folder)
  await streamsTable(folder)
} finally {
  await model.close()
  rmSync(folder, { recursive: true, force: true })
}
