/** docs/promises.md names tests: each has to be there, and each promise has to have some. */
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ATTACKS } from '../../security/attacks/attacks.ts'

const page = readFileSync('docs/promises.md', 'utf8')
const rows = page.split('\n').filter((line) => /^\| G\d+/.test(line))

test('there are ten promises, each with a figure and tests that are there', () => {
  expect(rows.map((row) => /G\d+/.exec(row)?.[0])).toEqual(Array.from({ length: 10 }, (_, at) => `G${at + 1}`))
  for (const row of rows) {
    const [, , , tests = '', figure = ''] = row.split('|')
    const files = [...tests.matchAll(/`(test\/[^`]+)`/g)].map(([, file = '']) => file)
    expect(files).not.toEqual([])
    expect(files.filter((file) => !existsSync(file))).toEqual([])
    expect(figure.trim()).not.toBe('')
  }
})

test('the attacks that it speaks of are those that there are', () => {
  for (const row of rows) {
    const id = /G\d+/.exec(row)?.[0]
    expect(`${id} ${row.includes('attacks of')}`).toBe(`${id} ${ATTACKS.some(({ promise }) => promise === id)}`)
  }
})
