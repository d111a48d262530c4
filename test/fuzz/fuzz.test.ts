/** The corpus, and a moment of what is made of it. `npm run fuzz` goes on for longer. */
import { describe, expect, it } from 'vitest'
import { createRandom } from '../support/random.ts'
import { corpusOf, fuzz, tryInput } from './fuzzer.ts'
import { TARGETS } from './targets.ts'

const MS = 150

describe.each(Object.entries(TARGETS))('%s', (_, create) => {
  it('takes or refuses all of the corpus and what is made of it, in time and without a failure inside', async () => {
    const target = create()
    try {
      for (const { file, input } of corpusOf(target)) {
        const { reason } = await tryInput(target, input)
        expect(reason, file).toBeUndefined()
      }
      const { runs, failure } = await fuzz(target, { ms: MS, random: createRandom(1) })
      expect(failure && { reason: failure.reason, base64: failure.input.toString('base64') }).toBeUndefined()
      expect(runs).toBeGreaterThan(0)
    } finally {
      await target.close?.()
    }
  })
})
