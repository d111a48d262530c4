import { expect, test } from 'vitest'
import { untilAborted } from '../../src/http/until-aborted.ts'

test('values pass through until the source is done', async () => {
  async function* source() {
    yield 1
    yield 2
  }
  const seen: number[] = []
  for await (const value of untilAborted(source(), new AbortController().signal)) seen.push(value)
  expect(seen).toEqual([1, 2])
})

test('an abort throws its reason at once and ends a source that reacts to nothing', async () => {
  const controller = new AbortController()
  let returned = false
  const deaf: AsyncIterable<never> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => undefined),
      return: () => {
        returned = true
        return new Promise(() => undefined)
      },
    }),
  }
  const next = untilAborted(deaf, controller.signal).next()
  controller.abort(new Error('left'))
  await expect(next).rejects.toThrow('left')
  expect(returned).toBe(true)
})

test('a source that fails by itself fails with its own error', async () => {
  async function* broken() {
    yield 1
    throw new Error('broken')
  }
  const values = untilAborted(broken(), new AbortController().signal)
  await values.next()
  await expect(values.next()).rejects.toThrow('broken')
})
