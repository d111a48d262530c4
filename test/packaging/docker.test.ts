/** What can be told of the container without a container engine. */
import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { SETTING_NAMES } from '../../src/commands/setting-flags.ts'
import { parseConfig } from '../../src/config.ts'
import { root, said, stagesOf, textOf, wordsOf } from './dockerfile.ts'

const dockerfile = textOf('Dockerfile')
const [build, final] = stagesOf(dockerfile)
const settings = Object.fromEntries(
  said(final, 'ENV').flatMap((text) => text.split(' ').map((pair) => pair.split('=', 2))),
)
const manifest = z
  .object({
    bin: z.object({ dragoman: z.string() }),
    scripts: z.record(z.string(), z.string()),
    engines: z.object({ node: z.string() }),
  })
  .parse(JSON.parse(textOf('package.json')))

/** Source and target of each copy out of the repository. */
const copies = said(build, 'COPY').flatMap((text) => text.split(' ').slice(0, -1))
const sent = textOf('.dockerignore')
  .split('\n')
  .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []))

describe('the stage that builds', () => {
  test.each(copies)('%s is in the repository, and is sent to the build', (path) => {
    expect(existsSync(`${root}${path}`)).toBe(true)
    expect(sent).toContain(path)
  })

  test('nothing else is sent to the build', () => {
    expect(textOf('.dockerignore')).toMatch(/^\*$/m)
    expect(sent.toSorted()).toEqual([...copies].toSorted())
  })

  test('it runs scripts that there are', () => {
    const scripts = [
      ...said(build, 'RUN')
        .join('\n')
        .matchAll(/npm run ([\w:-]+)/g),
    ].map(([, name]) => name ?? '')
    expect(scripts).toEqual(['build'])
    for (const name of scripts) expect(manifest.scripts).toHaveProperty(name)
  })

  test('what the compiler reads is there', () => {
    const configs = [...(manifest.scripts['build']?.matchAll(/tsconfig[\w.]*\.json/g) ?? [])].map(([name]) => name)
    for (const config of configs) expect(copies).toContain(config)
    expect(textOf('tsconfig.build.json')).toContain('"./tsconfig.json"')
  })

  test('packages are the locked ones, and those of developers do not get further', () => {
    expect(said(build, 'RUN').join('\n')).toMatch(/npm ci [^]*npm prune --omit=dev/)
  })
})

describe('the image', () => {
  test('it has what the program reads, and nothing but that', () => {
    const taken = said(final, 'COPY').map((text) => /^--from=build \/app\/(\S+) \S+$/.exec(text)?.[1] ?? text)
    expect(taken.toSorted()).toEqual(['dist', 'node_modules', 'package.json'])
  })

  test('both stages have the same Node.js, which the package takes', () => {
    for (const stage of [build, final]) expect(said(stage, 'FROM')[0]).toMatch(/^\$\{NODE_IMAGE\}/)
    const version = /^ARG NODE_IMAGE=node:(\d+)-slim$/m.exec(dockerfile)?.[1]
    expect(manifest.engines.node).toMatch(new RegExp(`^>=${version}\\.`))
  })

  test('it has the sandbox, what ends processes, and an init', () => {
    const [packages = ''] = said(final, 'RUN').filter((text) => text.includes('apt-get install'))
    for (const name of ['bubblewrap', 'socat', 'util-linux', 'tini', 'ca-certificates']) {
      expect(packages.split(' ')).toContain(name)
    }
  })

  test('the init starts the command of the package', () => {
    expect(wordsOf(said(final, 'ENTRYPOINT')[0] ?? '')).toEqual(['tini', '--', 'dragoman'])
    expect(dockerfile).toContain(`ln -s /app/${manifest.bin.dragoman} /usr/local/bin/dragoman`)
    expect(dockerfile).toContain(`chmod 755 ${manifest.bin.dragoman}`)
  })

  test('the last user is not root, and owns the volume for the data', () => {
    const user = said(final, 'USER').at(-1) ?? ''
    expect(user).not.toMatch(/^(?:root|0)?(?::|$)/)
    expect(said(final, 'VOLUME')).toEqual([settings['DATA_DIR']])
    expect(said(final, 'RUN').join('\n')).toContain(`install -d -o ${user} -g ${user} -m 700 ${settings['DATA_DIR']}`)
    const order = (final ?? []).map(({ name }) => name)
    expect(order.indexOf('VOLUME')).toBeGreaterThan(order.lastIndexOf('RUN'))
  })

  test('its settings are settings, and no secret is among them', () => {
    const { NODE_ENV: environment, ...own } = settings
    expect(environment).toBe('production')
    for (const name of Object.keys(own)) expect(SETTING_NAMES).toContain(name)
    expect(parseConfig(own)).toMatchObject({ HOST: '0.0.0.0', PORT: 8000, STRICT_PORT: true })
    expect(said(final, 'EXPOSE')).toEqual([settings['PORT']])
  })
})

describe('the compose file', () => {
  const compose = textOf('compose.yaml')
  const [, server = '', database = ''] = compose.split(/^ {2}(?:dragoman|postgres):$/m)

  test('the server may change nothing but its data', () => {
    for (const line of ['read_only: true', 'cap_drop:\n      - ALL', '- no-new-privileges:true', '- data:/data'])
      expect(server).toContain(line)
  })

  test('the server is told the folder and port of the image', () => {
    expect(server).toContain(`DATA_DIR: ${settings['DATA_DIR']}`)
    expect(server).toContain(`PORT: '${settings['PORT']}'`)
  })

  test('it is reached from this machine alone until somebody changes that', () => {
    expect(server).toContain(`- '127.0.0.1:8000:${settings['PORT']}'`)
    expect(database.split(/^volumes:/m)[0]).not.toContain('ports:')
  })

  test('it waits for longer than the drain takes', () => {
    const seconds = Number(/stop_grace_period: (\d+)s/.exec(server)?.[1])
    expect(seconds * 1000).toBeGreaterThan(parseConfig({}).DRAIN_TIMEOUT + 6_000)
  })

  test('PostgreSQL comes by its profile alone', () => {
    expect(database).toMatch(/^\n {4}profiles:\n {6}- postgres\n/)
    expect(server).not.toContain('depends_on')
  })

  test('it holds no password', () => {
    expect(compose).toMatch(/POSTGRES_PASSWORD: \$\{POSTGRES_PASSWORD:-\}$/m)
    expect(server).not.toMatch(/_KEY: /)
  })
})
