import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Agent, OpenAIProvider, Runner, tool } from '@openai/agents'
import { afterAll, beforeAll, beforeEach, describe, expect } from 'vitest'
import { z } from 'zod'
import { says } from '../support/scripted-model-answers.ts'
import type { TestServer } from '../support/server.ts'
import { it } from '../support/shared-server.ts'

let test: TestServer
let runner: Runner
it.beforeAll(({ server }) => {
  test = server
  runner = new Runner({
    modelProvider: new OpenAIProvider({ openAIClient: test.client, useResponses: false }),
    tracingDisabled: true,
  })
})
beforeEach(() => test.model.forget())

describe('Qwen Code, run headless', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dragoman-qwen-'))
    await mkdir(join(folder, '.qwen'))
    // It talks to nobody but the server.
    const settings = { privacy: { usageStatisticsEnabled: false }, general: { disableAutoUpdate: true } }
    await writeFile(join(folder, '.qwen', 'settings.json'), JSON.stringify(settings))
    await writeFile(join(folder, 'note.txt'), 'The word is tamarind.')
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function qwen(prompt: string): Promise<string> {
    const require = createRequire(import.meta.url)
    const cli = require.resolve('@qwen-code/qwen-code')
    const env = {
      PATH: process.env['PATH'],
      HOME: folder,
      OPENAI_BASE_URL: `${test.url}/v1`,
      OPENAI_API_KEY: test.apiKey,
      OPENAI_MODEL: 'sonnet',
      // Started anew with more memory it would take twice as long.
      QWEN_CODE_NO_RELAUNCH: 'true',
    }
    const running = promisify(execFile)(process.execPath, [cli, '--auth-type', 'openai', '-p', prompt], {
      cwd: folder,
      env,
    })
    running.child.stdin?.end()
    return (await running).stdout
  }

  it('reads a file by a tool of its own, and answers', async () => {
    const file = join(folder, 'note.txt')
    test.model.script(
      says('I read it.', { calls: [{ id: 'toolu_1', name: 'read_file', input: { absolute_path: file } }] }),
      says('The word is in it.'),
    )
    expect(await qwen('Which word is in note.txt?')).toContain('The word is in it.')
    expect(JSON.stringify(test.model.requests.at(-1)?.body['messages'])).toContain('The word is tamarind.')
  })
})

const weather = tool({
  name: 'weather',
  description: 'The weather of a city.',
  parameters: z.object({ city: z.string(), unit: z.enum(['C', 'F']).nullable() }),
  execute: ({ city }) => `${city}: sunny`,
})
const call = (id: string, city: string) => ({ id, name: 'weather', input: { city, unit: null } })

describe('the OpenAI Agents SDK over chat completions', () => {
  const forecaster = new Agent({ name: 'Forecaster', model: 'sonnet', tools: [weather] })

  it('runs an agent with parallel calls of a tool', async () => {
    test.model.script(says('Both.', { calls: [call('toolu_1', 'Rome'), call('toolu_2', 'Bern')] }), says('All sunny.'))
    const result = await runner.run(forecaster, 'Where is it sunny?')
    expect(result.finalOutput).toBe('All sunny.')
    expect(result.newItems.map(({ type }) => type)).toEqual([
      'message_output_item',
      'tool_call_item',
      'tool_call_item',
      'tool_call_output_item',
      'tool_call_output_item',
      'message_output_item',
    ])
    expect(result.rawResponses.map(({ usage }) => usage.inputTokens)).toEqual([10, 10])
  })

  it('streams an agent with a tool', async () => {
    test.model.script(says([], { calls: [call('toolu_1', 'Köln')] }), says(['All', ' sunny.']))
    const result = await runner.run(forecaster, 'Where is it sunny?', { stream: true })
    let text = ''
    for await (const piece of result.toTextStream()) text += piece
    await result.completed
    expect(text).toBe('All sunny.')
    expect(result.rawResponses.map(({ usage }) => usage.totalTokens)).toEqual([10, 12])
  })

  it('gives an output of the type that it was given', async () => {
    const outputType = z.object({ city: z.string(), sunny: z.boolean() })
    const reporter = new Agent({ name: 'Reporter', model: 'sonnet', tools: [weather], outputType })
    test.model.script(says([], { calls: [call('toolu_1', 'Rome')] }), says('{"city":"Rome","sunny":true}'))
    const result = await runner.run(reporter, 'Where is it sunny?')
    expect(result.finalOutput).toEqual({ city: 'Rome', sunny: true })
  })

  it('hands over to another agent', async () => {
    const triage = new Agent({ name: 'Triage', model: 'sonnet', handoffs: [forecaster] })
    test.model.script(
      says([], { calls: [{ id: 'toolu_1', name: 'transfer_to_Forecaster', input: {} }] }),
      says('Sunny, I am sure.'),
    )
    const result = await runner.run(triage, 'Where is it sunny?')
    expect(result.lastAgent?.name).toBe('Forecaster')
    expect(result.finalOutput).toBe('Sunny, I am sure.')
  })
})
