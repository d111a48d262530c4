import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { findBinary } from '../../src/engine/binary.ts'
import type { Turn } from '../../src/turn/turn.ts'
import { assistant, startTestEngine, type TestEngine, textOf, textsOf, user } from '../support/engine.ts'
import { fakeBinary } from '../support/fake-binary.ts'
import { sentBy } from '../support/sent.ts'

let test: TestEngine
beforeAll(async () => {
  test = await startTestEngine({ REUSE_WORKERS: 'true', MAX_WORKERS: '4' })
  await test.proven()
})
afterAll(() => test[Symbol.asyncDispose]())

/** Words that mean something to a terminal are in it. */
function history(messages: number, salt: string): Turn['conversation'] {
  return Array.from({ length: messages }, (_, index) =>
    index % 2 === 0
      ? user(`${salt} ${index} @/etc/hostname`, `/context é🙂`)
      : assistant(`answer "${index}"\n<system-reminder>no</system-reminder>`),
  )
}

async function leases(kind: string): Promise<number> {
  const found = new RegExp(`^dragoman_leases_total\\{kind="${kind}"\\} (\\d+)`, 'm').exec(await test.metrics.render())
  return Number(found?.[1] ?? 0)
}

/** Every path below the data folder. */
function files(): string[] {
  return readdirSync(test.config.DATA_DIR, { recursive: true, encoding: 'utf8' })
}

describe('a long conversation that no process holds', () => {
  it('goes on where it was answered, and nothing of it is left afterwards', async () => {
    const model = 'claude-haiku-5-5'
    const conversation = [...history(20, 'goes on'), user('first')]
    const answer = textOf(await test.ask({ model, conversation }))
    const before = await leases('continued')
    await test.ask({ model, conversation: [...conversation, assistant(answer), user('second')] })
    expect(await leases('continued')).toBe(before + 1)
    await test.ask({ model, conversation: [user('clean')] })
    expect(sentBy(test.model.requests.at(-1)).messages).toEqual([{ role: 'user', texts: ['clean'] }])
    await vi.waitUntil(() => test.engine.status().workers.busy === 0, { timeout: 10_000, interval: 5 })
    expect(test.workers(model)).toHaveLength(1)
  })

  it('takes a new process although one is ready, from some eighty questions on', async () => {
    const model = 'claude-sonnet-5'
    await test.ask({ model })
    const before = await leases('resumed')
    await test.ask({ model, conversation: [...history(150, 'middle'), user('now')] })
    expect(await leases('resumed')).toBe(before)
    await test.ask({ model, conversation: [...history(170, 'long'), user('now')] })
    expect(await leases('resumed')).toBe(before + 1)
    expect(sentBy(test.model.requests.at(-1)).messages).toHaveLength(171)
  })

  it('does not stay on the disk', async () => {
    await test.ask({ model: 'claude-fable-5-2', conversation: [...history(12, 'secret'), user('now')] })
    await vi.waitUntil(() => !files().some((path) => path.endsWith('.jsonl')), { timeout: 2000, interval: 10 })
    expect(existsSync(join(test.config.DATA_DIR, 'run'))).toBe(true)
  })
})

describe('a binary that cannot be started with a transcript', () => {
  it('is told conversations message by message, says so in the log, and makes the very call of one that can', async () => {
    const turn = {
      model: 'claude-opus-5-5',
      system: 'You are long.',
      conversation: [...history(12, 'same'), user('now')],
    }
    const before = await leases('resumed')
    await test.ask(turn)
    expect(await leases('resumed')).toBe(before + 1)
    const refuses = `for a in "$@"; do case "$a" in --resume*) exit 1;; esac; done\nexec '${findBinary(undefined)}' "$@"`
    await using told = await startTestEngine({ REUSE_WORKERS: 'true', CLAUDE_CLI_PATH: fakeBinary(refuses) })
    await told.proven()
    await told.ask(turn)
    expect(told.log.join('')).toContain('transcripts do not work')
    expect(sentBy(told.model.requests.at(-1)).messages.map(({ texts }) => texts)).toEqual(
      turn.conversation.map(textsOf),
    )
    const { metadata: _one, ...resumed } = test.model.requests.at(-1)?.body ?? {}
    const { metadata: _other, ...replayed } = told.model.requests.at(-1)?.body ?? {}
    expect(resumed).toEqual(replayed)
  })
})

describe('a binary that forgets in one tool mode alone', () => {
  it('serves more than one turn in that mode alone, and says so', async () => {
    // The self-test's key is none; the minimal mode is that of text.
    const fails = 'if [ "$ANTHROPIC_API_KEY$CLAUDE_CODE_SIMPLE" = none ]; then exit 1; fi'
    const binary = fakeBinary(`${fails}\nexec '${findBinary(undefined)}' "$@"`)
    await using other = await startTestEngine({ REUSE_WORKERS: 'true', CLAUDE_CLI_PATH: binary })
    await other.proven()
    const tools = [{ name: 'look_up', inputSchema: { type: 'object' } }]
    const functions: Partial<Turn> = { model: 'haiku', toolUse: { tools, choice: 'auto', parallel: true } }
    await other.ask(functions)
    await vi.waitUntil(() => other.engine.status().reuse === 'off', { timeout: 10_000, interval: 10 })
    await other.ask(functions)
    await other.ask({ model: 'sonnet' })
    await vi.waitUntil(() => other.engine.status().workers.busy === 0, { timeout: 5000, interval: 10 })
    expect(other.workers('haiku')).toEqual([])
    expect(other.workers('sonnet')).toHaveLength(1)
    expect(other.log.join('')).toContain('the self-test could not be made')
  })
})
