/**
 * What `npm pack` gives, run in an empty folder as `npx` would run it. Its packages are links to those that are installed here
 * for its users, and for nobody else: what is not among its dependencies is not found.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type RunningDragoman, startDragoman } from '../support/dragoman-process.ts'
import { healthcheck, root } from './dockerfile.ts'

const lockSchema = z.object({ packages: z.record(z.string(), z.object({ dev: z.boolean().optional() })) })
const packSchema = z.array(z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) }))

let folder = ''
let files: readonly string[] = []
let program = ''
let server: RunningDragoman

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dragoman-package-'))
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [tarball] = packSchema.parse(JSON.parse(packed))
  files = tarball?.files.map(({ path }) => path) ?? []
  const home = join(folder, 'node_modules', 'dragoman')
  mkdirSync(home, { recursive: true })
  execFileSync('tar', ['-xzf', join(folder, tarball?.filename ?? ''), '-C', home, '--strip-components=1'])
  linkPackages()
  program = join(home, 'dist', 'main.js')
  // Else a link would be followed, and what it needs be looked for where the packages of developers are as well.
  const env = { NODE_PRESERVE_SYMLINKS: '1', INIT_TIMEOUT: '50000' }
  server = await startDragoman(['--demo', '--port', '0'], { program, env })
})

afterAll(async () => {
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Links what `npm install --omit=dev` would install. Packages inside of packages come with them. */
function linkPackages(): void {
  const installed = readFileSync(join(root, 'node_modules', '.package-lock.json'), 'utf8')
  for (const [path, { dev }] of Object.entries(lockSchema.parse(JSON.parse(installed)).packages)) {
    if (dev === true || path.lastIndexOf('node_modules/') > 0) continue
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    symlinkSync(join(root, path), join(folder, path))
  }
}

test('it holds the program, its papers and the unit, and nothing else', () => {
  const kinds = files.map(
    (path) =>
      /^(?:dist\/.*\.js|docs\/[\w-]+\.md|packaging\/dragoman\.service|[A-Z]+\.md|LICENSE|package\.json)$/.test(path) ||
      path,
  )
  expect(kinds.filter((kind) => kind !== true)).toEqual([])
  expect(files).toEqual(
    expect.arrayContaining([
      'dist/main.js',
      'dist/json-schema/schema-thread.js',
      'docs/settings.md',
      'LICENSE',
      'README.md',
    ]),
  )
})

test('the command of the package begins with the line that finds Node.js', () => {
  expect(readFileSync(program, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
})

test('it answers from the offline model', async () => {
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'default',
      messages: [{ role: 'user', content: 'Hello' }],
      // By a thread, whose file has to be in the package too.
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'a', schema: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] } },
      },
    }),
  })
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({ choices: [{ finish_reason: 'stop' }] })
})

test('it needs no folder but those of the data and for temporary files', () => {
  expect(readdirSync(folder).filter((name) => !name.endsWith('.tgz'))).toEqual(['node_modules'])
})

test("the container's health check tells a server that lives from one that does not", () => {
  const [, ...args] = healthcheck()
  const { port } = new URL(server.url)
  const check = (at: string): number | null => spawnSync(process.execPath, args, { env: { PORT: at } }).status
  expect(check(port)).toBe(0)
  expect(check('1')).toBe(1)
})
