import { describe, expect, it } from 'vitest'
import { lastAltered } from '../../src/engine/altered-images.ts'
import type { ContentBlock, Message } from '../../src/turn/turn.ts'
import { assistant, user } from '../support/engine.ts'
import { gifHeader, jpegHeader, jpegSegment } from '../support/images.ts'

const image = (bytes: Buffer): ContentBlock => {
  return { type: 'image', source: { type: 'base64', mediaType: 'image/png', data: bytes.toString('base64') } }
}
const say = (...content: ContentBlock[]): Message => ({ role: 'user', content })
const weighing = (bytes: number): Buffer => Buffer.concat([gifHeader(3, 2), Buffer.alloc(bytes - 13)])

describe('an image is handed to a process in a transcript', () => {
  it.each<[string, boolean, Buffer]>([
    ['small', false, gifHeader(1, 1)],
    ['as wide as may be', false, gifHeader(2000, 1)],
    ['wider', true, gifHeader(2001, 1)],
    ['higher', true, gifHeader(1, 2001)],
    ['of as many tokens as may be', false, gifHeader(1820, 2000)],
    ['of more', true, gifHeader(1900, 2000)],
    ['as heavy as may be', false, weighing(511_998)],
    ['heavier', true, weighing(512_001)],
    ['of sides that stand far behind', false, jpegHeader(3, 2, jpegSegment(60_000))],
    ['of no sides', true, Buffer.from('what is this')],
  ])('%s: %j', (_, altered, bytes) => {
    expect(lastAltered([say(image(bytes))])).toBe(altered ? 0 : -1)
  })

  it('where it stands in a message itself, at the last place of such', () => {
    const wide = image(gifHeader(3000, 1))
    const result: Message = say({ type: 'text', text: 'x' })
    const results: Message = { role: 'user', content: [{ type: 'tool_result', callId: 'c', content: [wide] }] }
    expect(lastAltered([user('a'), assistant('b'), results])).toBe(-1)
    expect(lastAltered([say(wide), assistant('b'), say(wide), assistant('c'), result])).toBe(2)
    expect(lastAltered([say({ type: 'image', source: { type: 'url', url: 'https://example.com/' } })])).toBe(-1)
  })
})
