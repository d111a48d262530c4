/**
 * Attacks a running server. It asks the model a few dozen times: start it with `--demo`, or be ready to pay.
 *
 *   npm run attack -- --url http://127.0.0.1:8000
 *   npm run attack -- --url … --key KEY --other-key KEY    the attacker's key and somebody else's
 *   npm run attack -- --url … --quick                      without what takes tens of seconds
 */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { attackTarget, type Outcome } from './attack-target.ts'
import { ATTACKS } from './attacks.ts'
import { openTarget } from './target.ts'

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    key: { type: 'string' },
    'other-key': { type: 'string' },
    /** A word in the names of the attacks to try. */
    only: { type: 'string' },
    /** What must be in no answer, such as a variable of the server's environment. */
    secret: { type: 'string', multiple: true, default: [] },
    quick: { type: 'boolean', default: false },
  },
})
const { url, key, 'other-key': otherKey, only = '', secret, quick } = values
if (url === undefined) throw new Error('--url http://127.0.0.1:PORT is missing')

const folder = mkdtempSync(join(tmpdir(), 'attack-'))
try {
  const file = join(folder, 'canary.txt')
  const canary = `canary-${randomUUID()}`
  writeFileSync(file, `${canary}\n`)
  const secrets = [
    { what: 'a file of this machine', text: canary },
    { what: '/etc/passwd', text: 'root:x:0:0' },
    ...secret.map((text) => ({ what: 'a secret', text })),
    ...(otherKey === undefined ? [] : [{ what: 'the other key', text: otherKey }]),
  ]
  const target = await openTarget({
    url,
    secrets,
    file,
    absentFile: join(folder, 'made'),
    quick,
    ...(key !== undefined && { key }),
    ...(otherKey !== undefined && { otherKey }),
  })
  console.log(`${url}: ${target.routes.length} routes and aliases\n`)
  const attacks = ATTACKS.filter(({ name }) => name.includes(only))
  const outcomes = await attackTarget(target, attacks, ({ verdict, promise, name, ms, reason }) => {
    const why = reason === undefined ? '' : `\n${reason.replaceAll(/^/gm, '             ')}`
    console.log(`${verdict.padEnd(9)}  ${promise.padEnd(4)} ${name} (${ms} ms)${why}`)
  })
  const count = (wanted: Outcome['verdict']): number => outcomes.filter(({ verdict }) => verdict === wanted).length
  console.log(`\n${count('held')} held, ${count('broken')} broken, ${count('not tried')} not tried`)
  process.exitCode = count('broken') === 0 ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
