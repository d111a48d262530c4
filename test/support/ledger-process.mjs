/**
 * A process whose callers ask models as fast as they can, until it is killed. It tells of each request before it asks
 * (`asked <id>`), and once the caller has its answer (`answered <id>`).
 */
import { pino } from 'pino'
import { newInstanceName } from '../../dist/instance.js'
import { createStore } from '../../dist/store/store.js'
import { createAllowances } from '../../dist/usage/allowances.js'
import { openJournal } from '../../dist/usage/journal.js'
import { createLedger } from '../../dist/usage/ledger.js'

const [url, dataFolder, name] = process.argv.slice(2)
const log = pino({ level: 'silent' })
const store = createStore({ url, dataFolder, log })
const journal = openJournal(dataFolder, newInstanceName())
const allowances = createAllowances(store, () => 60_000)
const ledger = createLedger({ store, journal, allowances, log, keptMs: 86_400_000, flushMs: 5, retryMs: 10 })
const usage = {
  inputTokens: 30,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 7,
  reasoningTokens: 0,
  costUsd: 0.5,
}
const most = { inputTokens: 30, outputTokens: 7000, inputUsd: 0.25, outputUsd: 100 }

async function caller(number) {
  for (let n = 0; ; n += 1) {
    const id = `${name}-${number}-${n}`
    const grant = { scopes: ['chat'], budgetDayUsd: 1_000_000 }
    const meter = ledger.open({
      id,
      principalId: 'key:one',
      keyId: 'one',
      grant,
      endpoint: '/',
      isAlwaysRecorded: true,
    })
    const question = await meter.reserve(most)
    const attempt = question.attempt('sonnet')
    process.stdout.write(`asked ${id}\n`)
    await new Promise(setImmediate)
    attempt.took({ model: 'sonnet', usage, isEstimate: false })
    attempt.ended()
    meter.end({ status: 200, outcome: 'ok', ms: 1 })
    process.stdout.write(`answered ${id}\n`)
  }
}

for (let number = 0; number < 4; number += 1) void caller(number)
