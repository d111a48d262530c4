/** The attacks of security/ on the server as an operator runs it, with what an outsider never sees in view. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { attackTarget } from '../../security/attacks/attack-target.ts'
import { ATTACKS } from '../../security/attacks/attacks.ts'
import { openTarget } from '../../security/attacks/target.ts'
import { runDragoman, startDragoman } from '../support/dragoman-process.ts'
import { says } from '../support/scripted-model-answers.ts'
import { startScriptedModel } from '../support/scripted-model.ts'

const MANY = '1000000'
/** Limits would hide what comes of an attack, but one looks at how they count. */
const LIMITS = Object.fromEntries(
  ['CHAT', 'DEBUG', 'AUTH', 'SESSION', 'HEALTH', 'GENERAL'].map((name) => [`RATE_LIMIT_${name}_PER_MINUTE`, MANY]),
)

test('every attack fails on every route', { timeout: 180_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dragoman-attacked-'))
  const model = await startScriptedModel()
  const canary = { file: randomUUID(), environment: randomUUID(), admin: randomUUID(), login: randomUUID() }
  const file = join(folder, 'canary.txt')
  writeFileSync(file, canary.file)
  const env = {
    ...LIMITS,
    DATA_DIR: join(folder, 'data'),
    API_KEY: canary.admin,
    ANTHROPIC_API_KEY: canary.login,
    ANTHROPIC_BASE_URL: model.url,
    CANARY: canary.environment,
    // One model for all, so that few processes have to start.
    DEFAULT_MODEL: 'sonnet',
    LOG_LEVEL: 'trace',
    MAX_BODY_BYTES: '2000000',
    MAX_WORKERS: '2',
    REUSE_WORKERS: 'true',
    TOOLS_ALLOWED: 'Read,Glob,Grep,Write,Bash',
  }
  const [key, otherKey] = await Promise.all([makeKey('attacker', env), makeKey('victim', env)])
  const server = await startDragoman(['--port', '0'], { env })
  try {
    const target = await openTarget({
      url: server.url,
      key,
      otherKey,
      file,
      absentFile: join(folder, 'made'),
      quick: true,
      secrets: [
        { what: 'a file outside of every workspace', text: canary.file },
        { what: '/etc/passwd', text: 'root:x:0:0' },
        { what: "a variable of the server's environment", text: canary.environment },
        { what: "the operator's key", text: canary.admin },
        { what: 'the login to the model', text: canary.login },
        { what: 'the other key', text: otherKey },
      ],
      inside: {
        log: () => server.stdout(),
        sent: () => model.requests.map(({ rawBody }) => rawBody),
        nextText: (text) => model.script(says([text])),
        nextCall: (name, input) => model.script(says([], { calls: [{ id: 'toolu_1', name, input }] })),
      },
    })
    expect(target.routes.length).toBeGreaterThan(25)
    const outcomes = await attackTarget(target, ATTACKS)
    const toldOf = (wanted: string): string[] =>
      outcomes.filter(({ verdict }) => verdict === wanted).map(({ name, reason = '' }) => `${name}: ${reason}`)
    expect(toldOf('broken')).toEqual([])
    // Only those that wait for tens of seconds are left out.
    expect(toldOf('not tried').filter((told) => !told.endsWith('--quick leaves it out'))).toEqual([])
  } finally {
    await server.stop()
    await model.close()
    rmSync(folder, { recursive: true, force: true })
  }
})

async function makeKey(name: string, env: Readonly<Record<string, string>>): Promise<string> {
  const { stdout, stderr } = await runDragoman(['keys', 'create', '--name', name], { env })
  const [key] = /sk-dragoman-[\w-]+/.exec(stdout) ?? []
  if (key === undefined) throw new Error(`no key: ${stderr}`)
  return key
}
