import { expect, test } from 'vitest'
import { createProbation, type Probation } from '../../src/engine/probation.ts'

function probation(): { it: Probation; pass: (ms: number) => void } {
  let now = 0
  return { it: createProbation({ firstMs: 10, mostMs: 35, now: () => now }), pass: (ms) => (now += ms) }
}

test('before a refusal there is nothing to try', () => {
  expect(probation().it.isOpen).toBe(false)
})

test('after a refusal one turn may try, when some time has passed', () => {
  const { it, pass } = probation()
  it.refused()
  expect(it.isOpen).toBe(false)
  pass(10)
  expect(it.isOpen).toBe(true)
  it.tries()
  expect(it.isOpen).toBe(false)
})

test('each try that is refused doubles the time until the next, up to the most', () => {
  const { it, pass } = probation()
  it.refused()
  for (const ms of [10, 20, 35, 35]) {
    pass(ms - 1)
    expect(it.isOpen).toBe(false)
    pass(1)
    expect(it.isOpen).toBe(true)
    it.tries()
    it.refused()
  }
})

test('turns that are refused together count once', () => {
  const { it, pass } = probation()
  for (let turn = 0; turn < 5; turn += 1) it.refused()
  pass(10)
  expect(it.isOpen).toBe(true)
})

test('a try of which nothing is heard makes room for another', () => {
  const { it, pass } = probation()
  it.refused()
  pass(10)
  it.tries()
  pass(10)
  expect(it.isOpen).toBe(true)
})

test('once accepted, the next refusal begins anew', () => {
  const { it, pass } = probation()
  it.refused()
  pass(10)
  it.tries()
  it.refused()
  it.passed()
  expect(it.isOpen).toBe(false)
  it.refused()
  pass(10)
  expect(it.isOpen).toBe(true)
})
