/** A process that stores keys as fast as it can, and writes the id of each once it is told to be stored. */
import { insertKey } from '../../dist/store/keys-table.js'
import { createStore } from '../../dist/store/store.js'

const [dataFolder, name] = process.argv.slice(2)
const log = { info: () => undefined, warn: () => undefined }
const store = createStore({ url: 'sqlite:', dataFolder, log })
const terms = {
  name,
  prefix: 'sk-dragoman-',
  pepperId: 'pepper',
  scopes: ['chat'],
  models: null,
  tools: null,
  requestsPerMinute: null,
  tokensPerMinute: null,
  budgetDayUsd: null,
  budgetMonthUsd: null,
  expiresAt: null,
  createdAt: 0,
  revokedAt: null,
  rotatedFrom: null,
  account: name,
}
for (let n = 0; ; n += 1) {
  const id = `${name}-${n}`
  await store.run((db) => insertKey(db, { ...terms, id, hash: id }))
  process.stdout.write(`${id}\n`)
}
