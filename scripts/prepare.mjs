/**
 * Makes a clone ready to run: installs the locked packages when they are missing or not the locked ones, and builds
 * `dist` when it is not what `src` says. `npm start`, `npm test` and `npm run dev` run it first; it takes a few
 * milliseconds when there is nothing to do. Plain JavaScript without packages, because it runs before there are any.
 *
 *   node scripts/prepare.mjs [--no-build]
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const at = (...parts) => join(root, ...parts)
const say = (line) => process.stderr.write(`dragoman: ${line}\n`)

const stop = (line, code) => {
  say(line)
  process.exit(code)
}

const textOf = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '')

function checkNode() {
  const wanted = JSON.parse(textOf(at('package.json'))).engines.node.replace('>=', '')
  const [wantedMajor, wantedMinor] = wanted.split('.').map(Number)
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return
  stop(`Node ${wanted} or newer is needed, this is ${process.versions.node}. See https://nodejs.org/en/download.`, 1)
}

/** Whether npm would install this locked package on this machine. */
function belongsHere(entry) {
  const allows = (list, value) =>
    list === undefined ||
    (list.some((item) => item.startsWith('!')) ? !list.includes(`!${value}`) : list.includes(value))
  if (!allows(entry.os, process.platform) || !allows(entry.cpu, process.arch)) return false
  if (entry.libc === undefined) return true
  const glibc = process.report.getReport().header.glibcVersionRuntime !== undefined
  return allows(entry.libc, glibc ? 'glibc' : 'musl')
}

const stampOfPackages = () =>
  createHash('sha256')
    .update(`${process.platform} ${process.arch}\n`)
    .update(textOf(at('package-lock.json')))
    .update(textOf(at('node_modules', '.package-lock.json')))
    .digest('hex')

/** Compares what npm recorded as installed with the lockfile: also true after somebody's own `npm ci`. */
function packagesAreTheLockedOnes() {
  const recorded = textOf(at('node_modules', '.package-lock.json'))
  if (recorded === '') return false
  const installed = JSON.parse(recorded).packages
  const locked = JSON.parse(textOf(at('package-lock.json'))).packages
  return Object.entries(locked).every(([path, entry]) => {
    if (path === '' || !belongsHere(entry)) return true
    const found = installed[path]
    // npm leaves out optional peers and what they bring.
    if (found === undefined && (entry.optional === true || entry.peer === true) && !isBinary(path)) return true
    return found !== undefined && found.version === entry.version && found.integrity === entry.integrity
  })
}

/** Claude Code's binary is an optional package to npm; to us it is not. */
const isBinary = (path) => path.includes('@anthropic-ai/claude-agent-sdk-')

function install() {
  const stampFile = at('node_modules', '.dragoman-lock')
  if (textOf(stampFile) === stampOfPackages()) return
  if (!packagesAreTheLockedOnes()) {
    say('installing the locked packages (about 600 MB on disk, most of it the Claude Code binary) ...')
    // The build needs the development packages, also where NODE_ENV is production.
    const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']
    const npm = process.env.npm_execpath ?? ''
    const [command, first] = basename(npm) === 'npm-cli.js' ? [process.execPath, [npm]] : ['npm', []]
    // Standard input stays free for the program that comes after; standard output belongs to that program as well.
    const result = spawnSync(command, [...first, ...args], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
    if (result.signal !== null) process.exit(130)
    if (result.error !== undefined) stop(`npm cannot be started: ${result.error.message}`, 1)
    if (result.status !== 0) {
      stop('"npm ci" failed, see above. Mend the cause (often: no internet, no space) and try again.', result.status)
    }
  }
  writeFileSync(stampFile, stampOfPackages())
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .toSorted()
}

function stampOfSources() {
  const inputs = [...filesBelow(at('src')), at('tsconfig.json'), at('tsconfig.build.json'), at('package-lock.json')]
  const lines = inputs.map((path) => {
    const { mtimeMs, size } = statSync(path)
    return `${path} ${mtimeMs} ${size}`
  })
  return createHash('sha256').update(lines.join('\n')).digest('hex')
}

/** What a build leaves behind: one `.js` for each source, and no other. */
function removeStaleOutputs() {
  for (const path of filesBelow(at('dist'))) {
    const source = path.replace(at('dist'), at('src')).replace(/\.js(\.map)?$/, '.ts')
    if (/\.js(\.map)?$/.test(path) && !existsSync(source)) rmSync(path)
  }
}

function build() {
  const stampFile = at('dist', '.dragoman-build')
  const stamp = stampOfSources()
  if (textOf(stampFile) === stamp && existsSync(at('dist', 'main.js'))) return
  say('building ...')
  rmSync(stampFile, { force: true })
  mkdirSync(at('dist'), { recursive: true })
  const complete = filesBelow(at('src')).every((path) =>
    existsSync(path.replace(at('src'), at('dist')).replace(/\.ts$/, '.js')),
  )
  // The compiler trusts its own record of what it wrote and would not write a lost file again.
  if (!complete) rmSync(at('dist', '.tsbuildinfo'), { force: true })
  const compiler = at('node_modules', 'typescript', 'bin', 'tsc')
  const result = spawnSync(process.execPath, [compiler, '-p', at('tsconfig.build.json')], {
    cwd: root,
    stdio: ['ignore', 2, 'inherit'],
  })
  if (result.signal !== null) process.exit(130)
  if (result.status !== 0) stop('the build failed, see above.', result.status ?? 1)
  removeStaleOutputs()
  writeFileSync(stampFile, stamp)
}

checkNode()
install()
if (!process.argv.includes('--no-build')) build()
