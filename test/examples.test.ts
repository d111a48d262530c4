import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningDragoman, startDragoman } from './support/dragoman-process.ts'

const run = promisify(execFile)

let dragoman: RunningDragoman
beforeAll(async () => {
  dragoman = await startDragoman(['0', '--demo'], {
    env: { REUSE_WORKERS: 'true', MAX_WORKERS: '6', CLAUDE_CWD: resolve('examples') },
  })
})
afterAll(() => dragoman.stop())

async function example(command: string, file: string, environment: Record<string, string> = {}): Promise<string> {
  const env = { PATH: process.env['PATH'], BASE_URL: `${dragoman.url}/v1`, ...environment }
  const { stdout } = await run(command, [file], { env })
  return stdout
}

it('chat.mjs gets a plain and a streamed answer', async () => {
  const output = await example(process.execPath, 'examples/chat.mjs')
  expect(output).toMatch(
    /plain: {2}.*demo[\s\S]*usage: {2}\d+ in, \d+ out, claude-[\s\S]*stream: .*demo[\s\S]*usage: {2}\d+ in/i,
  )
})

it('images.mjs gets answers about an image and a file, and is told what is no image', async () => {
  const output = await example(process.execPath, 'examples/images.mjs')
  expect(output).toContain('You attached a PNG image of 64 x 64 pixels')
  expect(output).toContain('You attached a text file "notes.txt" (7 words). This is turn 2')
  expect(output).toContain('error: 400 invalid_image_format at messages[0].content[0].image_url.url')
})

it('agent.mjs is told what the tools do, and refused what is not allowed', async () => {
  const output = await example(process.execPath, 'examples/agent.mjs')
  expect(output).toMatch(
    /^tools: {2}Read, Glob, Grep\nstart: {2}Grep {"pattern":"canary"}\nend: {4}Grep done, \d+ ms\nusage: {2}\d+ in, \d+ out\nanswer: .*demo[\s\S]*agent\.mjs[\s\S]*\ndenied: 403 tool_not_allowed$/m,
  )
})

it('curl.sh gets the models, a plain and a streamed answer, and an error', async () => {
  const output = await example('sh', 'examples/curl.sh')
  expect(output).toContain('"object":"list"')
  expect(output).toContain('"object":"chat.completion"')
  expect(output).toContain('"object":"chat.completion.chunk"')
  expect(output).toContain('data: [DONE]')
  expect(output).toContain('"code":"model_not_found"')
})

it.each(['default', 'claude-sonnet-4'])('structured-output.mjs gets parsed answers from %s', async (MODEL) => {
  const output = await example(process.execPath, 'examples/structured-output.mjs', { MODEL })
  expect(output).toMatch(
    /^parsed: {3}demo on 2026-01-01, 15 minutes, with demo\nstreamed: \{"name":"demo".* in \d+ pieces\nobject: {3}message$/m,
  )
})

it('tools.mjs runs the function that the model calls', async () => {
  const output = await example(process.execPath, 'examples/tools.mjs')
  expect(output).toMatch(
    /calls: {3}get_weather {"city":"Paris"}\nresult: {2}.*sunny.*\nanswer: {2}.*get_weather.*sunny/,
  )
})

it('ai-sdk.mjs runs the function that the model calls, and streams', async () => {
  const output = await example(process.execPath, 'examples/ai-sdk.mjs')
  expect(output).toMatch(
    /calls: {3}get_weather {"city":"Paris"}\nanswer: {2}.*sunny.*\nstream: {2}.*dragoman.*\nusage: {3}\d+ in, \d+ out/,
  )
})

it('langchain.mjs answers, streams, runs the function that the model calls, and fills a form', async () => {
  const output = await example(process.execPath, 'examples/langchain.mjs')
  expect(output).toMatch(
    /answer: {2}.*dragoman.*\nstream: {2}.*dragon\?.*\ncalls: {3}get_weather {"city":"Paris"}\ntools: {3}.*sunny, 21 degrees.*\nform: {4}{"city":".*","sunny":(true|false)}/,
  )
})

it('sessions.mjs goes on with what the server has kept', async () => {
  const output = await example(process.execPath, 'examples/sessions.mjs')
  expect(output).toMatch(
    /turn 1: .*turn 1 of[^]*turn 2: .*you said that your name is Ann[^]*stream: .*turn 3 of[^]*kept: {3}3 turns, 6 messages\nlisted: true\ngone: {3}404 not_found/i,
  )
})

it('sessions.sh does the same with nothing but curl', async () => {
  const output = await example('sh', 'examples/sessions.sh')
  expect(output).toMatch(/your name is Ann/i)
  expect(output).toContain('"message_count":4')
  expect(output).toContain('"deleted":true')
})
