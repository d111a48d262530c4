/**
 * The model API's prompt cache takes what is the same from the start of a request: tools, then the system prompt, then
 * the messages, up to a block that carries a mark. A hit costs a tenth.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/demo/json-object.ts'
import type { Conversation } from '../../src/turn/turn.ts'
import { assistant, startTestEngine, type TestEngine, user } from '../support/engine.ts'
import { says } from '../support/scripted-model-answers.ts'

const SYSTEM = 'You are brief.'
/** Nothing may be trimmed or normalised, in none of the ways in which a message gets into a process. */
const ANSWER = '  Grüße 🙂\n\n- a\n- b\n\n'
const FIRST = [user(' one ', 'part\n')]
const SECOND = [...FIRST, assistant(ANSWER), user('two\t')]
const THIRD = [...SECOND, assistant(ANSWER), user('three')]

let test: TestEngine
beforeAll(async () => {
  test = await startTestEngine({ REUSE_WORKERS: 'true' })
  await test.proven()
  test.model.otherwise(says([ANSWER]))
})
afterAll(() => test[Symbol.asyncDispose]())

/** What the model API is sent when this principal asks. Each principal has processes of its own. */
async function sent(principal: string, conversation: Conversation): Promise<JsonObject> {
  await test.ask({ principal: { id: principal }, system: SYSTEM, conversation })
  return test.model.requests.at(-1)?.body ?? {}
}

/** What the cache compares: everything in its place, without the marks. */
function cached(part: unknown): string {
  return JSON.stringify(part, (key, value: unknown) => (key === 'cache_control' ? undefined : value))
}

function expectGoesOn(later: JsonObject, earlier: JsonObject): void {
  const front = `${cached(earlier['messages']).slice(0, -1)},`
  expect(cached(later['messages']).slice(0, front.length)).toBe(front)
}

function marksIn(part: unknown): number {
  return JSON.stringify(part).split('"cache_control"').length - 1
}

describe('what was sent before stands unchanged at the front', () => {
  it('of two conversations under one system prompt, whichever process asks', async () => {
    const [one, other] = [await sent('ann', FIRST), await sent('bob', [user('something else')])]
    expect(JSON.stringify(other['system'])).toBe(JSON.stringify(one['system']))
    expect(JSON.stringify(other['tools'])).toBe(JSON.stringify(one['tools']))
  })

  it('when a conversation goes on in the process that holds it', async () => {
    const [first, second, third] = [await sent('cy', FIRST), await sent('cy', SECOND), await sent('cy', THIRD)]
    expectGoesOn(second, first)
    expectGoesOn(third, second)
  })

  it('when it is loaded into another process', async () => {
    const held = [await sent('dan', FIRST), await sent('dan', SECOND), await sent('dan', THIRD)]
    const loaded = await sent('eve', THIRD)
    expect(JSON.stringify({ ...loaded, metadata: 0 })).toBe(JSON.stringify({ ...held.at(-1), metadata: 0 }))
  })

  it('when a long one starts another process with a transcript', async () => {
    const long = Array.from({ length: 60 }, () => [user(' one ', 'part\n'), assistant(ANSWER)]).flat()
    const [resumed, goesOn] = [await sent('jo', [...long, ...FIRST]), await sent('jo', [...long, ...SECOND])]
    expectGoesOn(goesOn, resumed)
    const elsewhere = await sent('kim', [...long, ...SECOND])
    expect(JSON.stringify({ ...elsewhere, metadata: 0 })).toBe(JSON.stringify({ ...goesOn, metadata: 0 }))
    const begun = await sent('lou', FIRST)
    expectGoesOn(resumed, begun)
  })

  it('when its process has talked of something else in between', async () => {
    const first = await sent('flo', FIRST)
    await sent('flo', [user('something else'), assistant('of course'), user('and more')])
    expectGoesOn(await sent('flo', SECOND), first)
  })
})

describe('the marks', () => {
  it('are on both system blocks and on the last thing that was said, and nowhere else', async () => {
    for (const conversation of [FIRST, SECOND, THIRD]) {
      const body = await sent('gus', conversation)
      expect(marksIn(body)).toBe(3)
      expect(marksIn(body['system'])).toBe(2)
      const text = JSON.stringify(conversation.at(-1)?.content.at(-1))
      expect(JSON.stringify(body['messages'])).toContain(`${text.slice(0, -1)},"cache_control":{"type":"ephemeral"}}`)
    }
  })
})

describe('the ids that go with a call', () => {
  it("are a process's own and tell nothing of the machine or the caller", async () => {
    const ids = [await sent('hal', FIRST), await sent('ida', FIRST)].map(({ metadata }) => JSON.stringify(metadata))
    expect(ids[0]).not.toBe(ids[1])
    const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
    const shape = new RegExp(`^{"user_id":"{"device_id":"[0-9a-f]{64}","account_uuid":"","session_id":"${uuid}"}"}$`)
    for (const id of ids) expect(id.replaceAll('\\', '')).toMatch(shape)
    expect(deviceOf(ids[0])).not.toBe(deviceOf(ids[1]))
  })
})

function deviceOf(id: string | undefined): string | undefined {
  return /[0-9a-f]{64}/.exec(id ?? '')?.[0]
}
