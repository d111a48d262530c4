import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { createReuse, type Proofs, type Reuse } from '../../src/engine/reuse.ts'

/** A binary of which no process starts. */
function reuseOf({ subject, proofs }: { subject: string; proofs: Proofs }): { reuse: Reuse; started: () => number } {
  let started = 0
  const reuse = createReuse({
    startWorker: () => {
      started += 1
      return Promise.reject(new Error('no process starts'))
    },
    wanted: true,
    ready: () => Promise.resolve(),
    proofs,
    subject,
    log: pino({ level: 'silent' }),
  })
  return { reuse, started: () => started }
}

const known = (): Proofs => new Map([['text a-binary', { forgets: true, resumes: true }]])

describe('what was proven before', () => {
  it('is not tested again', async () => {
    const { reuse, started } = reuseOf({ subject: 'a-binary', proofs: known() })
    expect([reuse.state, reuse.isProven('text')]).toEqual(['unproven', false])
    reuse.prove('text')
    await reuse.settled()
    expect([reuse.state, reuse.isProven('text'), reuse.isResumeProven('text')]).toEqual(['on', true, true])
    expect(started()).toBe(0)
  })

  it.each([
    ['another binary', 'another', 'text'],
    ['another tool mode', 'a-binary', 'functions'],
  ] as const)('says nothing of %s', async (_, subject, toolMode) => {
    const { reuse, started } = reuseOf({ subject, proofs: known() })
    reuse.prove(toolMode)
    await reuse.settled()
    expect([reuse.state, reuse.isProven(toolMode)]).toEqual(['off', false])
    expect(started()).toBeGreaterThan(0)
  })

  it('holds no failure: the next one tests again', async () => {
    const proofs: Proofs = new Map()
    const { reuse } = reuseOf({ subject: 'a-binary', proofs })
    reuse.prove('text')
    await reuse.settled()
    expect(proofs.size).toBe(0)
  })
})
