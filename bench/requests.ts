/**
 * Single requests: Dragoman against the floor (the scripted model alone) and against a process per request, in one run on
 * one machine, so that the ratios mean something where absolute times do not.
 */
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startDemoModel } from '../src/demo/demo-model.ts'
import { type LoadResult, percentile, runLoad, type Sample, sendStreaming } from './load.ts'
import { type Bench, ms, printTable } from './part.ts'
import { createProcessPerRequest } from './process-per-request.ts'
import { meterTree, type TreeUse } from './process-tree.ts'
import { type BenchServer, startServer } from './server.ts'
import { chat, modelAlone, PROMPT } from './targets.ts'
import { toolRound } from './tool-round.ts'

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
  readonly tree: TreeUse
}

export async function requests({ quick, folder }: Bench): Promise<void> {
  const model = await startDemoModel({ delayMs: 0 })
  const server = await startServer({ modelUrl: model.url, dataFolder: join(folder, 'requests') })
  const row = printTable([
    'what',
    'at once',
    'first token p50 / p99 ms',
    'total p50 / p99 ms',
    'requests/s',
    'errors',
    'CPU ms a request',
    'peak memory MB',
    'processes',
  ])
  const cases = [...floor(model.url), ...throughDragoman(server), ...processPerRequest(model.url, folder)]
  try {
    for (const one of cases) row(cellsOf(await measure(one, quick)))
  } finally {
    await server.stop()
    await model.close()
  }
}

async function measure(one: Case, quick: boolean): Promise<Row> {
  const meter = meterTree(one.root)
  const send = async (): Promise<Sample> => {
    await delay(one.pauseMs ?? 0)
    return one.send()
  }
  const load = await runLoad(send, quick ? Math.ceil(one.count / 4) : one.count, one.atOnce)
  return { ...one, load, tree: meter.stop() }
}

function cellsOf({ name, atOnce, load, tree, pauseMs }: Row): (string | number)[] {
  const { samples, errors, seconds } = load
  const spread = (values: number[]): string => `${ms(percentile(values, 0.5))} / ${ms(percentile(values, 0.99))}`
  return [
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
}

function floor(modelUrl: string): Case[] {
  const send = (): Promise<Sample> => sendStreaming(modelAlone(modelUrl))
  const one = { name: 'the model alone (floor)', root: process.pid, send }
  return [
    { ...one, count: 200, atOnce: 1 },
    { ...one, count: 400, atOnce: 8 },
  ]
}

function throughDragoman({ url, pid }: BenchServer): Case[] {
  const send = (): Promise<Sample> => sendStreaming(chat(url))
  let number = 0
  return [
    { name: 'Dragoman, first requests', root: pid, send, count: 20, atOnce: 1 },
    { name: 'Dragoman', root: pid, send, count: 200, atOnce: 1 },
    { name: 'Dragoman', root: pid, send, count: 300, atOnce: 2 },
    { name: 'Dragoman, first 8 at once', root: pid, send, count: 200, atOnce: 8 },
    { name: 'Dragoman', root: pid, send, count: 400, atOnce: 8 },
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
    { name: 'Dragoman, the first function call', root: pid, send: toolRound(url), count: 2, atOnce: 1 },
    {
      name: 'Dragoman, a function call / the whole round with its result',
      root: pid,
      send: toolRound(url),
      count: 60,
      atOnce: 1,
    },
  ]
}

function processPerRequest(modelUrl: string, folder: string): Case[] {
  const send = createProcessPerRequest({ modelUrl, folder, prompt: PROMPT })
  const one = { name: 'a process per request', root: process.pid, send }
  return [
    { ...one, count: 12, atOnce: 1 },
    { ...one, count: 24, atOnce: 8 },
  ]
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
