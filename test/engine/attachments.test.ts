import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { ContentBlock, Message, ToolUse } from '../../src/turn/turn.ts'
import { assistant, startTestEngine, type TestEngine, textOf, user } from '../support/engine.ts'
import { pngImage } from '../support/images.ts'

let test: TestEngine
beforeAll(async () => {
  test = await startTestEngine({ REUSE_WORKERS: 'true', MAX_WORKERS: '4' })
  await test.proven()
})
afterAll(() => test[Symbol.asyncDispose]())

const PDF = Buffer.from('%PDF-1.7\n').toString('base64')
const png = (data: Buffer): ContentBlock => {
  return { type: 'image', source: { type: 'base64', mediaType: 'image/png', data: data.toString('base64') } }
}
const text = (words: string): ContentBlock => ({ type: 'text', text: words })
const SMALL = pngImage(3, 2)
/** One of each kind, text around and between. */
const MIXED: readonly ContentBlock[] = [
  text('first'),
  png(SMALL),
  { type: 'image', source: { type: 'url', url: 'https://example.com/a.png?b=1' } },
  text('@/etc/hostname'),
  { type: 'document', title: 'a.pdf', source: { type: 'base64', mediaType: 'application/pdf', data: PDF } },
  { type: 'document', source: { type: 'text', data: 'one\ntwo' } },
  text('last'),
]
/** The same as the model API takes it. */
const SENT: readonly unknown[] = [
  { type: 'text', text: 'first' },
  { type: 'image', source: { type: 'base64', media_type: 'image/png', data: SMALL.toString('base64') } },
  { type: 'image', source: { type: 'url', url: 'https://example.com/a.png?b=1' } },
  { type: 'text', text: '@/etc/hostname' },
  { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: PDF }, title: 'a.pdf' },
  { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'one\ntwo' } },
  { type: 'text', text: 'last' },
]
const TOOLS: ToolUse = { tools: [{ name: 'look', inputSchema: { type: 'object' } }], choice: 'auto', parallel: true }
const CALL: Message = { role: 'assistant', content: [{ type: 'tool_call', id: 'call_1', name: 'look', input: {} }] }

const say = (...content: ContentBlock[]): Message => ({ role: 'user', content })
const result = (content: readonly ContentBlock[], ...more: ContentBlock[]): Message => {
  return { role: 'user', content: [{ type: 'tool_result', callId: 'call_1', content }, ...more] }
}

/** The conversation of the last call, without cache marks and what Claude Code adds of its own. */
function sent(): { role: string; content: unknown }[] {
  const messages = JSON.stringify(test.model.requests.at(-1)?.body['messages'], (key, value: unknown) =>
    key === 'cache_control' ? undefined : value,
  )
  const parsed: { role: string; content: unknown }[] = JSON.parse(messages)
  return parsed.filter(({ role }) => role !== 'system')
}

async function leases(kind: string): Promise<number> {
  const found = new RegExp(`^dragoman_leases_total\\{kind="${kind}"\\} (\\d+)`, 'm').exec(await test.metrics.render())
  return Number(found?.[1] ?? 0)
}

const settled = (): Promise<boolean> =>
  vi.waitUntil(() => test.engine.status().workers.busy === 0, { timeout: 10_000, interval: 5 })

describe('images and files reach the model byte for byte', () => {
  it('in the question, on a process that is used again', async () => {
    await test.ask({ conversation: [user('warm up')] })
    await settled()
    const before = await leases('reused')
    await test.ask({ conversation: [say(...MIXED)] })
    expect(sent()).toEqual([{ role: 'user', content: SENT }])
    expect(await leases('reused')).toBe(before + 1)
  })

  it('in what was said before, told message by message', async () => {
    await settled()
    const before = await leases('reused')
    await test.ask({ conversation: [say(...MIXED), assistant('yes'), user('and now?')] })
    expect(sent()[0]).toEqual({ role: 'user', content: SENT })
    expect(await leases('reused')).toBe(before + 1)
  })

  it('in what was said before, from a transcript', async () => {
    const more = Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? user(`${index}`) : assistant(`${index}`)))
    const conversation = [say(...MIXED), assistant('yes'), ...more, user('and now?')]
    const before = await leases('resumed')
    await test.ask({ system: 'You are resumed.', conversation })
    expect(sent()[0]).toEqual({ role: 'user', content: SENT })
    expect(await leases('resumed')).toBe(before + 1)
  })

  it('in what a call gave', async () => {
    await test.ask({ toolUse: TOOLS, conversation: [user('hi'), CALL, result(MIXED, text('well?'))] })
    expect(sent().at(-1)).toEqual({
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'call_1', content: SENT },
        { type: 'text', text: 'well?' },
      ],
    })
  })
})

describe('a conversation with an image', () => {
  it('goes on at the process that holds it, which another image does not', async () => {
    const model = 'claude-haiku-5-5'
    const turns = (image: Buffer, ...answers: Message[]) => [
      say(png(image), text('what?')),
      ...answers.flatMap((answer) => [answer, user('and?')]),
    ]
    const first = assistant(textOf(await test.ask({ model, conversation: turns(SMALL) })))
    await settled()
    const before = await leases('continued')
    const second = assistant(textOf(await test.ask({ model, conversation: turns(SMALL, first) })))
    expect(await leases('continued')).toBe(before + 1)
    await settled()
    await test.ask({ model, conversation: turns(pngImage(2, 3), first, second) })
    expect(await leases('continued')).toBe(before + 1)
  })
})

describe('an image of which Claude Code would make a smaller one', () => {
  const WIDE = pngImage(2001, 2)
  const blockOf = (data: Buffer) => {
    return { type: 'image', source: { type: 'base64', media_type: 'image/png', data: data.toString('base64') } }
  }

  it('reaches the model as it is, whether it is wide, heavy or of many tokens', async () => {
    const images = [WIDE, pngImage(800, 700, { noise: true }), pngImage(2000, 2000)]
    await test.ask({ conversation: [say(text('which?'), ...images.map(png))] })
    expect(sent()).toEqual([{ role: 'user', content: [{ type: 'text', text: 'which?' }, ...images.map(blockOf)] }])
  })

  it('does so in the midst of a conversation, which goes on from there, and nothing of it is left afterwards', async () => {
    const model = 'claude-opus-5-5'
    const first = [user('one'), assistant('two'), say(png(WIDE), text('three'))]
    const answer = assistant(textOf(await test.ask({ model, conversation: first })))
    const image = { role: 'user', content: [blockOf(WIDE), { type: 'text', text: 'three' }] }
    expect(sent()[2]).toEqual(image)
    await settled()
    const before = await leases('continued')
    await test.ask({ model, conversation: [...first, answer, user('four')] })
    expect(sent().map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant', 'user'])
    expect(sent()[2]).toEqual(image)
    expect(await leases('continued')).toBe(before + 1)
    await settled()
    const workers = test.workers(model)
    await test.ask({ model, conversation: [user('clean')] })
    expect(sent()).toEqual([{ role: 'user', content: [{ type: 'text', text: 'clean' }] }])
    expect(test.workers(model)).toEqual(workers)
  })

  it('does so behind the results of calls', async () => {
    const conversation = [user('hi'), CALL, result([png(WIDE)], text('and this'), png(WIDE))]
    await test.ask({ toolUse: TOOLS, conversation })
    expect(sent().at(-1)).toEqual({
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'call_1', content: [blockOf(WIDE)] },
        { type: 'text', text: 'and this' },
        blockOf(WIDE),
      ],
    })
  })
})
