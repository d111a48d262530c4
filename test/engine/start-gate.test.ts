import { describe, expect, it } from 'vitest'
import { StartGate } from '../../src/engine/start-gate.ts'

function gateAt(time: { now: number }): StartGate {
  return new StartGate({ atOnce: 2, now: () => time.now })
}

/** Lets `count` starts fail, one after the other. */
function fail(gate: StartGate, count: number): void {
  for (let index = 0; index < count; index += 1) gate.tryEnter()?.failed()
}

describe('processes are started', () => {
  it('a few at a time', () => {
    const gate = gateAt({ now: 0 })
    const [first, second] = [gate.tryEnter(), gate.tryEnter()]
    expect(second).toBeDefined()
    expect(gate.tryEnter()).toBeUndefined()
    first?.succeeded()
    expect(gate.tryEnter()).toBeDefined()
  })

  it('again after one was abandoned, which counts once', () => {
    const gate = gateAt({ now: 0 })
    const first = gate.tryEnter()
    first?.abandoned()
    first?.abandoned()
    expect([gate.tryEnter(), gate.tryEnter(), gate.tryEnter()].filter((permit) => permit !== undefined)).toHaveLength(2)
  })
})

describe('after five failures in a row', () => {
  it('none is started for two seconds, and callers are told how long', () => {
    const gate = gateAt({ now: 0 })
    fail(gate, 5)
    expect(() => gate.tryEnter()).toThrow(expect.objectContaining({ kind: 'worker_unavailable', retryAfterSeconds: 2 }))
  })

  it('one tries then, and its success lets the others in', () => {
    const time = { now: 0 }
    const gate = gateAt(time)
    fail(gate, 5)
    time.now = 2000
    const trial = gate.tryEnter()
    expect(trial).toBeDefined()
    expect(gate.tryEnter()).toBeUndefined()
    trial?.succeeded()
    expect([gate.tryEnter(), gate.tryEnter()]).not.toContain(undefined)
  })

  it('each that fails doubles the pause, up to half a minute', () => {
    const time = { now: 0 }
    const gate = gateAt(time)
    fail(gate, 5)
    const pauses: number[] = []
    for (let round = 0; round < 6; round += 1) {
      time.now += 30_000
      const from = time.now
      fail(gate, 1)
      while (isClosed(gate)) time.now += 1000
      pauses.push((time.now - from) / 1000)
    }
    expect(pauses).toEqual([4, 8, 16, 30, 30, 30])
  })

  it('does not count those before a success', () => {
    const gate = gateAt({ now: 0 })
    fail(gate, 4)
    gate.tryEnter()?.succeeded()
    fail(gate, 4)
    expect(gate.tryEnter()).toBeDefined()
  })
})

function isClosed(gate: StartGate): boolean {
  try {
    gate.tryEnter()?.abandoned()
    return false
  } catch {
    return true
  }
}
