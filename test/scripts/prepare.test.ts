import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** Stands in for npm: notes how it was called, and "installs" what the lockfile says. */
const FAKE_NPM = `
import { appendFileSync, copyFileSync, mkdirSync, symlinkSync, existsSync } from 'node:fs'
appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n')
if (existsSync('npm-fails')) { console.error('no internet here'); process.exit(7) }
mkdirSync('node_modules', { recursive: true })
copyFileSync('package-lock.json', 'node_modules/.package-lock.json')
if (!existsSync('node_modules/typescript')) symlinkSync(process.env.TYPESCRIPT, 'node_modules/typescript')
`

/** Stands in for the compiler where the test is not about it. */
const FAKE_COMPILER = `
const { cpSync, mkdirSync, readdirSync } = require('node:fs')
mkdirSync('dist', { recursive: true })
for (const name of readdirSync('src')) cpSync('src/' + name, 'dist/' + name.replace('.ts', '.js'))
`
const REAL_COMPILER = join(repository, 'node_modules/typescript')

let clone = ''
let compiler = ''
const at = (...parts: readonly string[]): string => join(clone, ...parts)

beforeEach(() => {
  clone = realpathSync(mkdtempSync(join(tmpdir(), 'dragoman-clone-')))
  mkdirSync(at('scripts'))
  mkdirSync(at('src'))
  cpSync(join(repository, 'scripts/prepare.mjs'), at('scripts/prepare.mjs'))
  cpSync(join(repository, 'tsconfig.build.json'), at('tsconfig.build.json'))
  writeFileSync(
    at('tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        types: [],
        module: 'nodenext',
        allowImportingTsExtensions: true,
        rewriteRelativeImportExtensions: true,
      },
    }),
  )
  writeFileSync(at('package.json'), JSON.stringify({ type: 'module', engines: { node: '>=20.19' } }))
  lock('1.0.0')
  writeFileSync(at('src/main.ts'), 'export const answer: number = 42\n')
  writeFileSync(at('npm-cli.js'), FAKE_NPM)
  compiler = at('compiler')
  mkdirSync(at('compiler/bin'), { recursive: true })
  writeFileSync(at('compiler/package.json'), '{}')
  writeFileSync(at('compiler/bin/tsc'), FAKE_COMPILER)
})

afterEach(() => rmSync(clone, { recursive: true, force: true }))

function lock(version: string): void {
  writeFileSync(
    at('package-lock.json'),
    JSON.stringify({ packages: { '': {}, 'node_modules/a': { version, integrity: version } } }),
  )
}

function prepare(...args: readonly string[]) {
  const env = {
    PATH: process.env['PATH'],
    npm_execpath: at('npm-cli.js'),
    TYPESCRIPT: compiler,
    NODE_ENV: 'production',
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [at('scripts/prepare.mjs'), ...args], {
    cwd: tmpdir(),
    env,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

const npmCalls = (): readonly string[] =>
  existsSync(at('npm-calls')) ? readFileSync(at('npm-calls'), 'utf8').trim().split('\n') : []

test('a fresh clone is installed, with what the build needs, and built', () => {
  compiler = REAL_COMPILER
  expect(prepare()).toMatchObject({ status: 0, stdout: '' })
  expect(npmCalls()).toHaveLength(1)
  expect(npmCalls()[0]).toMatch(/^ci .*--include=dev/)
  expect(readFileSync(at('dist/main.js'), 'utf8')).toContain('answer = 42')
})

test('with nothing to do it does nothing and says nothing', () => {
  prepare()
  expect(prepare()).toEqual({ status: 0, stdout: '', stderr: '' })
  expect(npmCalls()).toHaveLength(1)
})

test('a changed lockfile is installed again', () => {
  prepare()
  lock('1.0.1')
  prepare()
  expect(npmCalls()).toHaveLength(2)
})

test("somebody's own npm ci counts", () => {
  prepare()
  rmSync(at('node_modules/.dragoman-lock'))
  expect(prepare()).toEqual({ status: 0, stdout: '', stderr: '' })
  expect(npmCalls()).toHaveLength(1)
})

test('packages that somebody removed are installed again', () => {
  prepare()
  writeFileSync(at('node_modules/.package-lock.json'), JSON.stringify({ packages: {} }))
  prepare()
  expect(npmCalls()).toHaveLength(2)
})

test('a changed source is built again', () => {
  prepare()
  writeFileSync(at('src/main.ts'), 'export const answer: number = 4_242\n')
  expect(prepare().stderr).toBe('dragoman: building ...\n')
  expect(readFileSync(at('dist/main.js'), 'utf8')).toMatch(/4_?242/)
})

test('the output of a deleted source goes', () => {
  writeFileSync(at('src/old.ts'), 'export const old = 1\n')
  prepare()
  expect(existsSync(at('dist/old.js'))).toBe(true)
  rmSync(at('src/old.ts'))
  prepare()
  expect(existsSync(at('dist/old.js'))).toBe(false)
})

test('a lost output comes back', () => {
  compiler = REAL_COMPILER
  prepare()
  rmSync(at('dist/main.js'))
  prepare()
  expect(existsSync(at('dist/main.js'))).toBe(true)
})

test('a build that failed is tried again the next time', () => {
  compiler = REAL_COMPILER
  writeFileSync(at('src/main.ts'), "export const answer: number = 'many'\n")
  expect(prepare()).toMatchObject({ status: expect.toSatisfy((code) => code !== 0), stdout: '' })
  const again = prepare()
  expect(again.status).not.toBe(0)
  expect(again.stderr).toContain('src/main.ts')
})

test('--no-build only installs', () => {
  expect(prepare('--no-build').status).toBe(0)
  expect(existsSync(at('dist'))).toBe(false)
})

test("a failing install passes on npm's words and exit code", () => {
  writeFileSync(at('npm-fails'), '')
  const { status, stderr } = prepare()
  expect(status).toBe(7)
  expect(stderr).toContain('no internet here')
  expect(stderr).toContain('"npm ci" failed')
})

test('a Node that is too old is named', () => {
  writeFileSync(at('package.json'), JSON.stringify({ type: 'module', engines: { node: '>=99.1' } }))
  const { status, stderr } = prepare()
  expect(status).toBe(1)
  expect(stderr).toContain(`Node 99.1 or newer is needed, this is ${process.versions.node}`)
})
