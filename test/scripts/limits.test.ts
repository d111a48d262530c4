/** docs/limits.md says what the code does only as long as its table names what there is. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { mostOf, testOf } from '../../scripts/limits-page.ts'
import { LIMITS, NO_LIMITS } from '../../scripts/limits-table.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const ALL = Object.values(LIMITS).flat()

test.each(ALL)('$what: $at is in the code', (limit) => {
  expect(mostOf(limit)).toMatch(/\d/)
})

test.each(ALL)('$what: there is a test, $test', (limit) => {
  const { file, title } = testOf(limit)
  expect(readFileSync(`${root}${file}`, 'utf8')).toContain(title)
  expect(title).not.toBe('')
})

test('no bound in the code is missing in the table', () => {
  const files = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
  const bounds = files
    .filter((file) => file.endsWith('.ts') && !/^(?:demo|commands)\//.test(file))
    .flatMap((file) => {
      const code = readFileSync(`${root}src/${file}`, 'utf8')
      const names = code.matchAll(/^(?:export )?const ((?:MAX|MOST|LONGEST|LARGEST)(?:_[A-Z0-9_]+)?)\b/gm)
      return [...names].map(([, name]) => `${file}#${name}`)
    })
  // `NAME` of `file.ts#NAME.field`.
  const known = new Set([...ALL.map(({ at }) => at.replace(/(#\w+)\.\w+$/, '$1')), ...Object.keys(NO_LIMITS)])
  expect(bounds.filter((bound) => !known.has(bound))).toEqual([])
})
