/**
 * Fuzzes every parser of untrusted bytes, in turn. An input that fails is written to the corpus, and the exit code is 1.
 *
 *   npm run fuzz                            ten minutes
 *   npm run fuzz -- --minutes 2 request     two, of this target alone
 */
import { parseArgs } from 'node:util'
import { createRandom } from '../support/random.ts'
import { fuzz, keepFailure, type Target } from './fuzzer.ts'
import { TARGETS } from './targets.ts'

const { values, positionals } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } },
  allowPositionals: true,
})
const unknown = positionals.filter((name) => !(name in TARGETS))
if (unknown.length > 0)
  throw new Error(`no such target: ${unknown.join(', ')}. There are ${Object.keys(TARGETS).join(', ')}.`)
const seed = Number(values.seed ?? Date.now() % 1_000_000)
const names = Object.keys(TARGETS).filter((name) => positionals.length === 0 || positionals.includes(name))
const msEach = (Number(values.minutes) * 60_000) / names.length

let current: Target | undefined
// What a parser leaves behind unheard fails here; the input is one of the last.
process.on('unhandledRejection', (error) => {
  console.error(`${current?.name}: a rejection that nobody heard`, error)
  process.exit(1)
})
console.log(`seed ${seed}`)
for (const name of names) {
  const target = TARGETS[name]?.()
  if (target === undefined) continue
  current = target
  const { runs, kinds, failure } = await fuzz(target, { ms: msEach, random: createRandom(seed) })
  console.log(`${name}: ${runs} inputs, ${kinds.size} kinds of ends`)
  if (failure !== undefined) {
    process.exitCode = 1
    console.error(`${failure.reason}\nwritten to ${keepFailure(failure)}`)
  }
  await target.close?.()
}
