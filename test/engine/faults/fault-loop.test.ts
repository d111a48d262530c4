import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cutAtBytes, failEachMessage } from '../../support/fault-loop.ts'
import { type FaultyServer, startFaultyServer } from '../../support/faulty-server.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

/** The soak tries every flow with every fault. */
const MESSAGE_FAULTS = [
  ['streaming', 'garbage'],
  ['multi-turn', 'kill'],
] as const

describe('the N-th message of a process fails, for each N', { timeout: 90_000 }, () => {
  let test: FaultyServer
  beforeAll(async () => {
    test = await startFaultyServer()
  })
  afterAll(() => test[Symbol.asyncDispose]())

  it.each(MESSAGE_FAULTS)('in a %s flow by "%s": every end is honest, and nothing is left', async (flow, deed) => {
    const { faults, lies } = await failEachMessage(test, flow, deed)
    expect(lies).toEqual([])
    expect(faults).toBeGreaterThan(5)
  })
})

describe("the model API's answer is cut at its N-th byte, for every 293rd", { timeout: 60_000 }, () => {
  let test: TestServer
  beforeAll(async () => {
    test = await startTestServer({ REUSE_WORKERS: 'true', MAX_WORKERS: '2' })
    await test.proven()
  })
  afterAll(() => test[Symbol.asyncDispose]())

  it.each(['chunked', 'until-close'] as const)(
    'framed %s: every end is honest, and nothing is left',
    async (framing) => {
      const { faults, lies } = await cutAtBytes(test, framing, 293)
      expect(lies).toEqual([])
      expect(faults).toBeGreaterThan(3)
    },
  )
})
