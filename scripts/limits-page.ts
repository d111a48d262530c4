/** docs/limits.md, from the table of limits and from the code that holds them. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { shownDefault } from '../src/commands/setting-flags.ts'
import { SETTINGS, type SettingName } from '../src/config.ts'
import { type Limit, LIMITS, type Unit } from './limits-table.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

const isSetting = (name: string): name is SettingName => name in SETTINGS

/** The most, as a person reads it. @throws when the code does not say it any more */
export function mostOf({ at, unit }: Limit): string {
  if (isSetting(at)) return shown(shownDefault(at) ?? '', unit)
  const [file = '', path = ''] = at.split('#')
  const code = readFileSync(`${root}src/${file}`, 'utf8')
  const [name = '', outer] = path.split('.').toReversed()
  const from = outer === undefined ? 0 : code.search(new RegExp(String.raw`\bconst ${outer}\b`))
  // `NAME = 8 * 1024`, `name: 64`, `nameMs = 60_000`.
  const stated = new RegExp(String.raw`\b${name}(?:: \w+)?(?: = |: )([\d_.e]+(?: \* [\d_.]+)*)`)
  const value = stated.exec(code.slice(from))?.[1]
  if (value === undefined) throw new Error(`scripts/limits-table.ts: there is no ${path} in src/${file}`)
  const factors = value.split(' * ').map((factor) => Number(factor.replaceAll('_', '')))
  return shown(String(factors.reduce((product, factor) => product * factor)), unit)
}

function shown(text: string, unit: Unit): string {
  const value = Number(text)
  if (text === '' || Number.isNaN(value)) return text
  switch (unit) {
    case 'ms':
      return inSteps(value, [
        [86_400_000, 'd'],
        [3_600_000, 'h'],
        [60_000, 'min'],
        [1000, 's'],
        [1, 'ms'],
      ])
    case 's':
      return inSteps(value, [
        [86_400, 'd'],
        [1, 's'],
      ])
    case 'bytes':
      return inSteps(value, [
        [1024 * 1024, 'MiB'],
        [1024, 'KiB'],
        [1_000_000, 'MB'],
        [1000, 'KB'],
        [1, 'bytes'],
      ])
    case 'characters':
      return `${value.toLocaleString('en')} characters`
    case 'number':
      return value.toLocaleString('en')
  }
}

/** In the largest unit of which it is a whole number. */
function inSteps(value: number, steps: readonly (readonly [size: number, name: string])[]): string {
  const [size, name] = steps.find(([each]) => value >= each && value % each === 0) ?? [1, '']
  return `${(value / size).toLocaleString('en')} ${name}`
}

/** The file of a test, from the root, and words of its title. */
export function testOf({ test }: Limit): { readonly file: string; readonly title: string } {
  const [file = '', title = ''] = test.split(/: (.*)/s)
  return { file: file.startsWith('security/attacks/') ? file : `test/${file}`, title }
}

function line(limit: Limit): string {
  const test = testOf(limit)
  const held = isSetting(limit.at) ? `\`${limit.at}\`` : `\`${limit.at.replace('#', '` `')}\``
  const cells = [limit.what, mostOf(limit), held, limit.beyond, `\`${test.file}\`: ${test.title}`]
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`
}

export function limitsPage(madeBy: string): string {
  const sections = Object.entries(LIMITS).map(
    ([title, limits]) =>
      `## ${title}\n\n| What | Most | Held by | Beyond it | Test |\n| --- | --- | --- | --- | --- |\n${limits.map(line).join('\n')}\n`,
  )
  return `${madeBy}

# Limits

Everything is bounded. What has a name in capitals alone is a [setting](settings.md), of which the default is shown; all else is fixed, in the file under
\`src\` that is named. Requests per minute and budgets are limits of callers: [operations.md](operations.md#usage-and-limits). The tests of
\`security/attacks\` run by \`npm run attack\`.

${sections.join('\n')}`
}
