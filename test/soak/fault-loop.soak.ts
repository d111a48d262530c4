import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cutAtBytes, failEachMessage } from '../support/fault-loop.ts'
import { type FaultyServer, startFaultyServer } from '../support/faulty-server.ts'
import type { Deed } from '../support/scripted-child.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** A step of 1 tries every byte, in some 10 minutes. */
const step = Number(process.env['SOAK_BYTE_STEP'] ?? 1)
const DEEDS = ['kill', 'garbage', 'hang', 'exit-0', 'half-line', 'close-stdout', 'stop'] as const satisfies Deed[]

describe('the N-th message of a process fails, for each N', () => {
  let test: FaultyServer
  beforeAll(async () => {
    test = await startFaultyServer()
  })
  afterAll(() => test[Symbol.asyncDispose]())

  for (const deed of DEEDS) {
    it.each(['plain', 'streaming', 'multi-turn'] as const)(
      `in a %s flow by "${deed}": every end is honest, and nothing is left`,
      async (flow) => {
        const { faults, lies } = await failEachMessage(test, flow, deed)
        expect(lies).toEqual([])
        expect(faults).toBeGreaterThan(5)
      },
    )
  }
})

describe("the model API's answer to the real binary is cut at its N-th byte, for each N", () => {
  let test: TestServer
  beforeAll(async () => {
    test = await startTestServer({ REUSE_WORKERS: 'true', MAX_WORKERS: '2' })
    await test.proven()
  })
  afterAll(() => test[Symbol.asyncDispose]())

  it.each(['chunked', 'until-close'] as const)(
    'framed %s: every end is honest, and nothing is left',
    async (framing) => {
      const { faults, lies } = await cutAtBytes(test, framing, step)
      console.log(`${faults} cuts`)
      expect(lies).toEqual([])
    },
  )
})
