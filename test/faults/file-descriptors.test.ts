/** Rows 29, 30, 31: many connections, and no file descriptors left for connections or for processes. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { dial, rawChat, rawRequest, type RawConnection } from '../support/app.ts'
import { type RunningDragoman, startDragoman } from '../support/dragoman-process.ts'
import { limitOpenFiles, openFiles } from '../support/file-descriptors.ts'
import { metric } from '../support/load-run.ts'
import { residentMegabytes, workersOf } from '../support/processes.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import { gated } from '../support/scripted-model-answers.ts'

let model: ScriptedModel
let server: RunningDragoman

beforeAll(async () => {
  model = await startScriptedModel()
  const env = { ANTHROPIC_BASE_URL: model.url, ANTHROPIC_API_KEY: 'scripted', DRAIN_TIMEOUT: '100' }
  server = await startDragoman(['--port', '0'], { env })
  await fetch(`${server.url}/v1/models`)
})

afterAll(async () => {
  await server.stop()
  await model.close()
})

function open(): RawConnection {
  return dial(Number(new URL(server.url).port))
}

async function openIdle(count: number): Promise<Socket[]> {
  const { port } = new URL(server.url)
  const sockets = Array.from({ length: count }, () => connect({ host: '127.0.0.1', port: Number(port) }))
  for (const socket of sockets) socket.on('error', () => undefined)
  await Promise.all(sockets.map(async (socket) => once(socket, 'connect')))
  return sockets
}

async function areIdle(): Promise<boolean> {
  const { 'state="idle"': idle, ...others } = await metric(server, 'dragoman_workers')
  return idle !== 0 && Object.values(others).every((count) => count === 0)
}

async function answers(): Promise<number> {
  const body = JSON.stringify({ model: 'sonnet', messages: [{ role: 'user', content: 'Hello' }] })
  const headers = { 'content-type': 'application/json', connection: 'close' }
  const response = await fetch(`${server.url}/v1/chat/completions`, { method: 'POST', headers, body })
  await response.text()
  return response.status
}

test('row 29: 200 idle connections cost little and hold nobody up', async () => {
  expect(await answers()).toBe(200)
  const before = residentMegabytes(server.pid)
  const sockets = await openIdle(200)
  await vi.waitUntil(() => openFiles(server.pid) > 200, { timeout: 10_000, interval: 10 })
  expect(await answers()).toBe(200)
  // 15 KB each is the bound for ten thousand; the rest is what two answers may cost.
  expect(residentMegabytes(server.pid) - before).toBeLessThan(3 + 20)
  for (const socket of sockets) socket.destroy()
  await vi.waitUntil(() => openFiles(server.pid) < 100, { timeout: 5000 })
})

test('row 30: with no file descriptor left a running stream goes on, and others are served once there are some', async () => {
  const answer = gated(['Hel', 'lo'])
  model.script(answer)
  const stream = open()
  stream.socket.write(rawChat({ stream: true }))
  answer.release()
  await stream.received('Hel')
  const giveBack = limitOpenFiles(server.pid, 0)
  const refused = await openIdle(100)
  // Each is closed, or waits in the system's queue.
  await Promise.race([Promise.all(refused.slice(0, 5).map((socket) => once(socket.resume(), 'close'))), delay(500)])
  answer.release()
  expect(await stream.closed).toContain('data: [DONE]')
  giveBack()
  for (const socket of refused) socket.destroy()
  expect(await answers()).toBe(200)
})

test('row 31: a process that cannot be started is a 503 that leaves nothing behind, and the next one can', async () => {
  const { socket, received } = open()
  socket.write(rawRequest('GET /health'))
  await received('"ok"')
  // A process that is ending gives file descriptors back.
  await vi.waitUntil(areIdle, { timeout: 5000 })
  const workers = workersOf(server.dataFolder)
  const giveBack = limitOpenFiles(server.pid, 0)
  const before = openFiles(server.pid)
  socket.write(rawChat())
  const refusal = await received('"backend_unavailable"')
  expect(refusal).toMatch(/HTTP\/1\.1 503 /)
  expect(refusal).toMatch(/retry-after: \d/i)
  expect(workersOf(server.dataFolder)).toEqual(workers)
  expect(openFiles(server.pid)).toBeLessThanOrEqual(before)
  giveBack()
  expect(await answers()).toBe(200)
  socket.destroy()
})
