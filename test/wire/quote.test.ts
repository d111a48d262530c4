import { describe, expect, it } from 'vitest'
import { clip, paramPath } from '../../src/wire/quote.ts'

describe('clip', () => {
  it('leaves short plain text alone', () => {
    expect(clip('gpt-4o')).toBe('gpt-4o')
  })

  it('cuts at 64 characters and shows it', () => {
    expect(clip('x'.repeat(65))).toBe(`${'x'.repeat(64)}…`)
  })

  it('never cuts a character in two', () => {
    expect(clip('😀'.repeat(100))).not.toMatch(/\p{Surrogate}/u)
  })

  it('removes what steers a terminal, hides text or breaks lines', () => {
    expect(clip('a\u001b[31m\n\u202eb\u2028c\ud800d\u200be')).toBe('a[31mbcde')
  })
})

describe('paramPath', () => {
  it.each<[PropertyKey[], string]>([
    [[], ''],
    [['model'], 'model'],
    [['messages', 0, 'content', 1, 'type'], 'messages[0].content[1].type'],
  ])('%j is %s', (path, text) => {
    expect(paramPath(path)).toBe(text)
  })
})
