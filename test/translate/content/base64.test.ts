import { expect, it } from 'vitest'
import { normalBase64 } from '../../../src/translate/content/base64.ts'

it.each<[what: string, text: string, normal: string | undefined]>([
  ['a character that is no white space of ASCII', 'iVBO\u00a0iVBO', undefined],
  ['a character whose low byte would be one of the alphabet', 'iVB\u0141', undefined],
  ['a control character', 'iVBO\u0001', undefined],
  ['padding alone', '====', ''],
  ['padding inside', 'iV==iVBO', undefined],
  ['one character too many', 'iVBOi', undefined],
  ['white space at both ends', '\t iVBORw \r\n', 'iVBORw=='],
])('%s', (_, text, normal) => {
  expect(normalBase64(text)).toBe(normal)
})

it.each<[what: string, text: string]>([
  ['padding that goes on and on before something else', `${'='.repeat(50_000)}A`],
  ['a space in every other place', 'A '.repeat(2_000_000)],
])('%s costs no time', (_, text) => {
  const began = performance.now()
  normalBase64(text)
  expect(performance.now() - began).toBeLessThan(500)
})
