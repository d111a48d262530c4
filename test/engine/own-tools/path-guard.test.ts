/** Paths and patterns that try to leave a workspace, on real folders. */
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPathGuard, type PathGuard } from '../../../src/engine/own-tools/path-guard.ts'

let folder = ''
let workspace = ''
let guard: PathGuard

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'dragoman-guard-')))
  workspace = join(folder, 'work')
  for (const each of ['work/src/deep', 'work/.git/hooks', 'work/.claude', 'work/.gitx', 'outside', 'work-too']) {
    mkdirSync(join(folder, each), { recursive: true })
  }
  for (const file of ['work/a.txt', 'work/src/b.txt', 'work/~c', 'outside/secret', 'work-too/secret']) {
    writeFileSync(join(folder, file), file)
  }
  const links = {
    in: 'src',
    inAbsolute: join(workspace, 'src'),
    out: '../outside',
    outAbsolute: join(folder, 'outside'),
    file: '../outside/secret',
    dangling: '../outside/not-there',
    danglingIn: 'src/not-there',
    self: '/proc/self/cwd',
    root: '/proc/self/root/etc/passwd',
    loop: 'loop',
    chain: 'src/up',
    'src/up': '../../outside',
    config: '.claude',
    // Composed, and with the space of macOS: what the tools look for when they are asked for the other form.
    'caf\u00e9': '../outside/secret',
    'Shot 1\u202fPM.png': '../outside/secret',
    white: '../outside/secret',
  }
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(workspace, name))
  execFileSync('mkfifo', [join(workspace, 'pipe')])
  guard = createPathGuard({ workspace })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const OUTSIDE = /leads out of the workspace/

describe('a path that stays inside is let through', () => {
  test.each([
    'a.txt',
    './a.txt',
    'src/b.txt',
    'src/../a.txt',
    'src//deep/',
    'in/b.txt',
    'inAbsolute/b.txt',
    'danglingIn',
    'new/folder/file.txt',
    './~c',
    '...',
    'a..b',
    '%2e%2e/x',
    '\u2215etc\u2215passwd',
    '\uff0e\uff0e/x',
    '',
  ])('%j', async (path) => {
    expect(await guard('Read', { file_path: path })).toBeUndefined()
    expect(await guard('Write', { file_path: path, content: '' })).toBeUndefined()
    expect(await guard('Grep', { pattern: 'x', path })).toBeUndefined()
  })

  test('by its absolute name too', async () => {
    expect(await guard('Read', { file_path: join(workspace, 'a.txt') })).toBeUndefined()
    expect(await guard('Glob', { pattern: '*', path: workspace })).toBeUndefined()
    expect(await guard('Glob', { pattern: join(workspace, 'src/**/*.ts') })).toBeUndefined()
  })
})

describe('a path that leads out is refused', () => {
  test.each([
    ['..', OUTSIDE],
    ['../outside/secret', OUTSIDE],
    ['src/../../outside/secret', OUTSIDE],
    ['./././../work-too/secret', OUTSIDE],
    ['/etc/passwd', OUTSIDE],
    ['//etc/passwd', OUTSIDE],
    ['/', OUTSIDE],
    ['/proc/self/environ', OUTSIDE],
    ['/proc/self/cwd/a.txt', OUTSIDE],
    ['/dev/fd/0', OUTSIDE],
    ['/dev/stdin', OUTSIDE],
    ['/sys/kernel', OUTSIDE],
    ['/ETC/passwd', OUTSIDE],
    ['out/secret', OUTSIDE],
    ['outAbsolute/secret', OUTSIDE],
    ['out/new-file', OUTSIDE],
    ['out/../a.txt', OUTSIDE],
    ['in/../../outside/secret', OUTSIDE],
    ['file', OUTSIDE],
    ['dangling', OUTSIDE],
    ['chain/secret', OUTSIDE],
    ['src/up/secret', OUTSIDE],
    ['self/a.txt', OUTSIDE],
    ['root', OUTSIDE],
    ['loop', OUTSIDE],
    ['cafe\u0301', OUTSIDE],
    ['Shot 1 PM.png', OUTSIDE],
    ['white /.', OUTSIDE],
    ['~', /begins with ~/],
    ['~/.ssh/id_rsa', /begins with ~/],
    ['~root/.bashrc', /begins with ~/],
    [' /etc/passwd', /white space/],
    ['\u00a0/etc/passwd', /white space/],
    ['a.txt\n', /white space/],
    ['file:///etc/passwd', /web address/],
    ['a.txt\0.png', /null character/],
    ['x/'.repeat(3000), /too long/],
    ['pipe', /neither a file nor a folder/],
  ])('%j', async (path, reason) => {
    expect(await guard('Read', { file_path: path })).toMatch(reason)
    expect(await guard('Write', { file_path: path, content: '' })).toMatch(reason)
    expect(await guard('Edit', { file_path: path, old_string: 'a', new_string: 'b' })).toMatch(reason)
    expect(await guard('Glob', { pattern: '*', path })).toMatch(reason)
    expect(await guard('Grep', { pattern: 'x', path })).toMatch(reason)
  })

  test('and the reason names no path', async () => {
    expect(await guard('Read', { file_path: 'out/secret' })).toBe('file_path leads out of the workspace.')
  })

  test('through /proc, which means another folder to the tool than to the server', async () => {
    const before = process.cwd()
    process.chdir(join(workspace, 'src'))
    try {
      expect(await guard('Read', { file_path: 'self/b.txt' })).toMatch(OUTSIDE)
      expect(await guard('Read', { file_path: '/proc/self/cwd/b.txt' })).toMatch(OUTSIDE)
    } finally {
      process.chdir(before)
    }
  })

  test('that shares its beginning with the workspace', async () => {
    expect(await guard('Read', { file_path: `${workspace}-too/secret` })).toMatch(OUTSIDE)
  })
})

describe('a file that others run or obey', () => {
  test.each([
    '.claude/settings.json',
    '.CLAUDE/settings.json',
    '.claude./settings.json',
    '.cl\u200caude/settings.json',
    '\uff0eclaude/settings.json',
    'src/.claude/agents/a.md',
    'config/settings.json',
    '.mcp.json',
    '.MCP.json',
    'src/.mcp.json',
    '.git/hooks/pre-commit',
    '.git/config',
    '.Git/config',
    '.git',
    '.vscode/tasks.json',
    '.husky/pre-commit',
    '.envrc',
  ])('%j can be read and not written', async (path) => {
    expect(await guard('Read', { file_path: path })).toBeUndefined()
    expect(await guard('Write', { file_path: path, content: '' })).toMatch(/run or obey/)
    expect(await guard('Edit', { file_path: path, old_string: 'a', new_string: 'b' })).toMatch(/run or obey/)
  })

  test.each(['.gitx/config', '.gitignore', '.github/workflows/a.yml', 'claude/settings.json', 'mcp.json'])(
    '%j is not one of them',
    async (path) => {
      expect(await guard('Write', { file_path: path, content: '' })).toBeUndefined()
    },
  )
})

describe('a pattern', () => {
  test.each([
    '*',
    '**/*.{ts,tsx}',
    'src/**',
    'in/*',
    '.claude/*',
    'app/[...slug]/page.tsx',
    '{a,b}{c,d}',
    '{a..z}',
    '!(x)',
    'a..b/*',
  ])('%j is let through', async (pattern) => {
    expect(await guard('Glob', { pattern })).toBeUndefined()
    expect(await guard('Grep', { pattern: 'x', glob: pattern })).toBeUndefined()
  })

  test.each([
    '../*',
    'src/../../outside/*',
    '*/../*',
    '/etc/*',
    '{a,/etc}/*',
    '{a,/etc/*}',
    '/{etc,usr}/*',
    '{..,a}/*',
    '{..}/outside/*',
    '{.,x}{.,y}/outside',
    '.{.,x}/outside',
    '{a,{b,../outside}}/*',
    '[.][.]/outside',
    '\\.\\./outside',
    '@(..|x)/outside',
    '!../outside/*',
    '~/*',
    '{a,~}/.ssh/*',
    'file:///etc/*',
    ' /etc/*',
    'a\0b',
    '{a,b}'.repeat(9),
  ])('%j is refused', async (pattern) => {
    expect(await guard('Glob', { pattern })).toEqual(expect.any(String))
    expect(await guard('Grep', { pattern: 'x', glob: pattern })).toEqual(expect.any(String))
  })

  test.each(['out/*', 'chain/**', '{in,out}/*', 'dangling/*'])('%j follows no link out', async (pattern) => {
    expect(await guard('Glob', { pattern })).toMatch(OUTSIDE)
  })

  test('is looked at from the folder that it is for', async () => {
    expect(await guard('Glob', { pattern: 'up/*', path: 'src' })).toMatch(OUTSIDE)
    expect(await guard('Glob', { pattern: 'up/*', path: '.' })).toBeUndefined()
  })

  test('that names many folders, each of which would be looked at, is refused', async () => {
    const pattern = (depth: number): string =>
      `{${Array.from({ length: 200 }, (_, n) => n).join(',')}}${'/x'.repeat(depth)}/*`
    expect(await guard('Glob', { pattern: pattern(100) })).toBe('pattern has too many alternatives.')
    expect(await guard('Glob', { pattern: pattern(10) })).toBeUndefined()
  })

  test('that leaves out files may hold several, each of which is looked at', async () => {
    expect(await guard('Grep', { pattern: 'x', glob: '*.ts,*.js *.md' })).toBeUndefined()
    expect(await guard('Grep', { pattern: 'x', glob: '*.ts /etc/*' })).toMatch(/absolute/)
    expect(await guard('Grep', { pattern: 'x', glob: '*.ts,/etc/*' })).toMatch(/absolute/)
  })
})

describe('an input', () => {
  test('with all the fields that a tool knows is let through', async () => {
    expect(
      await guard('Read', { file_path: 'a.txt', offset: 1, limit: '5', pages: '1-2', allow_large: 'true' }),
    ).toBeUndefined()
    expect(
      await guard('Grep', {
        pattern: 'a|b',
        output_mode: 'content',
        '-A': 1,
        '-n': true,
        type: 'ts',
        multiline: false,
      }),
    ).toBeUndefined()
  })

  test.each([
    ['Read', { file_path: 'a.txt', notebook_path: '/etc/passwd' }],
    ['Read', { notebook_path: 'a.txt' }],
    ['Read', { file_path: ['/etc/passwd'] }],
    ['Read', {}],
    ['Write', { file_path: 'a.txt', content: 'x', path: '/etc/passwd' }],
    ['Edit', { file_path: 'a.txt', old_string: '', new_string: '', edits: [] }],
    ['Glob', { pattern: '*', root: '/etc' }],
    ['Glob', { pattern: '*', path: null }],
    ['Grep', { pattern: '--pre=sh' }],
    ['Grep', { pattern: '-f/etc/passwd' }],
    ['Grep', { pattern: 'x', type: '--pre=sh' }],
    ['Grep', { pattern: 'x', '-A': '1 --pre=sh' }],
    ['Grep', { pattern: 'x', '-f': '/etc/passwd' }],
    ['Grep', { pattern: 'x', '--pre': 'sh' }],
    ['Grep', { pattern: 'x', constructor: 'x' }],
    ['Grep', { pattern: 'x', output_mode: '-f' }],
  ] as const)('of %s that is not known in all its fields is refused: %j', async (tool, input) => {
    expect(await guard(tool, input)).toEqual(expect.any(String))
  })
})

/** Where the system would end up. */
function truePlace(path: string): string {
  if (existsSync(path)) return realpathSync(path)
  if (isLink(path)) return truePlace(resolve(truePlace(dirname(path)), readlinkSync(path)))
  return join(truePlace(dirname(path)), path.slice(dirname(path).length))
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink()
  } catch {
    return false
  }
}

describe('whatever is made up', () => {
  const names = [
    'a.txt',
    'src',
    'in',
    'out',
    'up',
    'dangling',
    'loop',
    'self',
    'file',
    'new',
    'outside',
    'secret',
    '..',
    '..',
    '.',
    '',
    '~',
    ' ',
  ]
  const path = fc
    .tuple(fc.constantFrom('', '', 'work', 'folder', 'root'), fc.array(fc.constantFrom(...names), { maxLength: 7 }))
    .map(([start, segments]) => {
      const starts = { '': '', work: `${workspace}/`, folder: `${folder}/`, root: '/' }
      return `${starts[start]}${segments.join('/')}`
    })

  test('no path that the system would find outside is let through', async () => {
    let passed = 0
    const check = async (asked: string): Promise<void> => {
      if ((await guard('Write', { file_path: asked, content: '' })) !== undefined) return
      passed += 1
      for (const reading of [resolve(workspace, asked), asked.startsWith('/') ? asked : `${workspace}/${asked}`]) {
        expect(`${truePlace(reading)}/`.startsWith(`${workspace}/`), reading).toBe(true)
      }
    }
    await fc.assert(fc.asyncProperty(path, check), { numRuns: 1000 })
    expect(passed).toBeGreaterThan(100)
  })

  test('no pattern of which one reading leads out is let through', async () => {
    const piece = fc.constantFrom('..', '.', '/', 'a', '*', '~', '/etc', 'src/')
    const braces = fc.array(fc.array(piece, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 })
    const check = async (parts: readonly (readonly string[])[]): Promise<void> => {
      const pattern = parts.map((each) => (each.length === 1 ? each[0] : `{${each.join(',')}}`)).join('')
      const read = parts.reduce<readonly string[]>(
        (all, each) => all.flatMap((start) => each.map((end) => start + end)),
        [''],
      )
      const leaves = read.some((each) => /^[/~]/.test(each) || each.split('/').includes('..'))
      if (leaves) expect(await guard('Glob', { pattern }), pattern).toEqual(expect.any(String))
    }
    await fc.assert(fc.asyncProperty(braces, check), { numRuns: 500 })
  })
})
