import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeAt, normalBase64 } from '../../../src/translate/content/base64.ts'
import { toConversation } from '../../../src/translate/content/conversation.ts'
import type { Block } from '../../../src/turn/turn.ts'
import { dataUrl, gifHeader, jpegHeader, jpegSegment, pngImage, webpHeader } from '../../support/images.ts'
import { chatRequest, refusalOf, wordsOf } from '../fixtures.ts'

const PNG = pngImage(3, 2)
const text = (words: string) => ({ type: 'text', text: words })
const image = (url: string, more = {}) => ({ type: 'image_url', image_url: { url, ...more } })
const file = (parts: object) => ({ type: 'file', file: parts })
const pdf = Buffer.from('%PDF-1.7\n…')

/** The blocks that a user's message with these parts becomes. */
function blocks(...content: unknown[]): readonly Block[] {
  const { conversation } = toConversation(chatRequest({ messages: [{ role: 'user', content }] }).messages)
  return conversation[0]?.content ?? []
}

const refused = (...content: unknown[]) => refusalOf(() => blocks(text('look'), ...content))

describe('an image in a data URL', () => {
  it.each<[string, Buffer, string]>([
    ['PNG', PNG, 'image/png'],
    ['JPEG', jpegHeader(3, 2), 'image/jpeg'],
    ['JPEG behind a long profile', jpegHeader(3, 2, jpegSegment(65_535), jpegSegment(65_534)), 'image/jpeg'],
    ['GIF', gifHeader(3, 2), 'image/gif'],
    ['WebP', webpHeader('VP8X', 3, 2), 'image/webp'],
  ])('is handed on as the %s that its bytes are, whatever the URL says', (_, bytes, mediaType) => {
    const source = { type: 'base64', mediaType, data: bytes.toString('base64') }
    for (const claimed of [mediaType, 'image/bmp', 'application/octet-stream', 'image/png;charset=utf-8', '']) {
      expect(blocks(image(dataUrl(bytes, claimed)))).toEqual([{ type: 'image', source }])
    }
  })

  it.each<[string, (data: string) => string]>([
    ['without padding', (data) => `data:image/png;base64,${data.replaceAll('=', '')}`],
    ['in lines', (data) => `data:image/png;base64,${data.replace(/.{7}/g, '$&\r\n')}`],
    ['in the alphabet for URLs', (data) => `data:image/png;base64,${data.replaceAll('+', '-').replaceAll('/', '_')}`],
    ['with odd case and white space', (data) => ` DATA:image/png; BASE64 ,\n${data}`],
  ])('may be %s', (_, write) => {
    const bytes = pngImage(41, 30, { noise: true })
    const data = bytes.toString('base64')
    expect(data).toMatch(/\+.*\/|\/.*\+/)
    expect(blocks(image(write(data)))).toEqual([
      { type: 'image', source: { type: 'base64', mediaType: 'image/png', data } },
    ])
  })

  it.each<[string, string, string]>([
    ['invalid_base64_image', 'is not in base64', 'data:image/svg+xml,<svg/>'],
    ['invalid_base64_image', 'holds other characters', `${dataUrl(PNG)}§`],
    ['invalid_base64_image', 'has padding inside', dataUrl(PNG).replace('iVBO', 'iV==')],
    ['invalid_base64_image', 'has one character too many', 'data:image/png;base64,iVBORw0KG'],
    ['invalid_base64_image', 'has no comma', 'data:image/png;base64'],
    ['empty_image_file', 'is empty', 'data:image/png;base64,'],
    ['invalid_image_format', 'holds something else', dataUrl(Buffer.from('hello there'))],
    ['image_parse_error', 'is cut short', dataUrl(PNG.subarray(0, 20))],
    ['image_too_large', 'is too wide', dataUrl(gifHeader(8001, 1))],
    ['image_too_large', 'is too high', dataUrl(gifHeader(1, 8001))],
    ['image_file_too_large', 'has too many bytes', dataUrl(Buffer.alloc(3_932_161))],
  ])('is refused as %s where it %s', (code, _, url) => {
    const error = refused(image(url))
    expect(error).toMatchObject({ code, param: 'messages[0].content[1].image_url.url' })
    expect(error.message.length).toBeLessThan(200)
  })

  it('may be as large as the model API takes it', () => {
    const bytes = Buffer.concat([gifHeader(8000, 8000), Buffer.alloc(3_932_160 - 13)])
    expect(blocks(image(dataUrl(bytes))).map(wordsOf)).toEqual(['[image image/gif]'])
  })
})

describe('the URL of an image', () => {
  it.each([
    'https://example.com/a.png',
    'HTTPS://example.com/a?b=%20#c',
    'https://example.com',
    'https://[::1]:8443/x',
  ])('%s is handed on as it is', (url) => {
    expect(blocks(image(url, { detail: 'high' }))).toEqual([{ type: 'image', source: { type: 'url', url } }])
  })

  it('is handed on in ASCII', () => {
    const source = { type: 'url', url: 'https://xn--bcher-kva.example/%C3%BC%20%EF%BF%BD' }
    expect(blocks(image(' https://bücher.example/ü \ud800'))).toEqual([{ type: 'image', source }])
  })

  it.each([
    ['http://example.com/a.png'],
    ['file:///etc/passwd'],
    ['ftp://example.com/a.png'],
    ['javascript:alert(1)'],
    ['example.com/a.png'],
    ['https://'],
    ['https:// /'],
    [''],
    [PNG.toString('base64')],
    ['https://user@example.com/'],
    ['https://:secret@example.com/'],
    [`https://example.com/${'a'.repeat(8192)}`],
  ])('%s is refused', (url) => {
    const error = refused(image(url))
    expect(error).toMatchObject({ code: 'invalid_image_url', param: 'messages[0].content[1].image_url.url' })
    expect(error.message).not.toContain('secret')
  })
})

describe('a file', () => {
  it.each<[string, string]>([
    ['a data URL', dataUrl(pdf, 'application/pdf')],
    ['a data URL of another type', dataUrl(pdf, 'text/plain')],
    ['base64', pdf.toString('base64')],
    ['base64 without padding', pdf.toString('base64').replaceAll('=', '')],
  ])('that is a PDF is handed on, from %s', (_, file_data) => {
    const source = { type: 'base64', mediaType: 'application/pdf', data: pdf.toString('base64') }
    expect(blocks(file({ file_data, filename: 'a.pdf' }))).toEqual([{ type: 'document', title: 'a.pdf', source }])
  })

  it.each<[string, Buffer, string]>([
    ['plain', Buffer.from('a,b\r\n1,2\n'), 'a,b\r\n1,2\n'],
    ['of any script', Buffer.from('Привет 🙂'), 'Привет 🙂'],
    ['with a byte order mark', Buffer.from('\ufeffhi'), 'hi'],
  ])('that is text, %s, is handed on as text', (_, bytes, data) => {
    expect(blocks(file({ file_data: dataUrl(bytes, 'text/csv') }))).toEqual([
      { type: 'document', source: { type: 'text', data } },
    ])
  })

  it.each([
    [' notes \n', 'notes'],
    ['', undefined],
    [' ', undefined],
    ['a\ud800', 'a\ufffd'],
    ['🙂'.repeat(600), '🙂'.repeat(500)],
  ])('is called by its name %j', (filename, title) => {
    const [block] = blocks(file({ file_data: pdf.toString('base64'), filename }))
    expect(block?.type === 'document' ? block.title : 'none').toBe(title)
  })

  it.each<[string, string, object]>([
    ['unsupported_parameter', 'type', { file_id: 'file-1' }],
    ['missing_required_parameter', 'file.file_data', {}],
    ['missing_required_parameter', 'file.file_data', { filename: 'a.txt', file_data: null }],
    ['invalid_value', 'file.file_data', { file_data: 'no base64!' }],
    ['invalid_value', 'file.file_data', { file_data: 'data:text/plain,hello' }],
    ['invalid_value', 'file.file_data', { file_data: '' }],
    ['invalid_value', 'file.file_data', { file_data: Buffer.from(' \n').toString('base64') }],
    ['invalid_value', 'file.file_data', { file_data: Buffer.from('a\0b').toString('base64') }],
    ['invalid_value', 'file.file_data', { file_data: Buffer.from([0x61, 0xff]).toString('base64') }],
    ['invalid_value', 'file.file_data', { file_data: Buffer.from('hi', 'utf16le').toString('base64') }],
  ])('is refused as %s at %s: %j', (code, place, parts) => {
    expect(refused(file(parts))).toMatchObject({ code, param: `messages[0].content[1].${place}` })
  })
})

describe('images and files in a conversation', () => {
  const PLACED = image('https://a.example/1')
  const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
  const called = { role: 'assistant', content: null, tool_calls: [call] }
  const shown = (...messages: unknown[]) =>
    toConversation(chatRequest({ messages }).messages).conversation.map(({ content }) => content.map(wordsOf).join('|'))

  it('stay in their place among the text', () => {
    expect(
      shown({ role: 'user', content: [text('a'), PLACED, text(' '), text('b'), file({ file_data: 'aGk=' })] }),
    ).toEqual(['a|[image https://a.example/1]|b|[document ]'])
  })

  it('are no empty message', () => {
    expect(shown({ role: 'user', content: [PLACED] })).toEqual(['[image https://a.example/1]'])
  })

  it('are a part of what a call gave', () => {
    const result = { role: 'tool', tool_call_id: 'c', content: [text('here'), PLACED, file({ file_data: 'aGk=' })] }
    expect(shown({ role: 'user', content: 'hi' }, called, result).at(-1)).toBe(
      'c=>here+[image https://a.example/1]+[document ]',
    )
    const bad = { role: 'tool', tool_call_id: 'c', content: [image('http://a.example')] }
    expect(refusalOf(() => shown({ role: 'user', content: 'hi' }, called, bad)).param).toBe(
      'messages[2].content[0].image_url.url',
    )
  })

  it('are a hundred images at most', () => {
    const sixty = Array.from({ length: 60 }, () => PLACED)
    const first = { role: 'user', content: sixty }
    const forty = { role: 'tool', tool_call_id: 'c', content: sixty.slice(20) }
    expect(shown(first, called, forty)).toHaveLength(3)
    const error = refusalOf(() => shown(first, called, forty, { role: 'user', content: [text('a'), PLACED] }))
    expect(error).toMatchObject({ code: 'array_above_max_length', param: 'messages[3].content[1]' })
  })

  it.each(['assistant', 'system', 'developer'])('cannot stand in the message of %s', (role) => {
    const error = refusalOf(() =>
      chatRequest({
        messages: [
          { role: 'user', content: 'a' },
          { role, content: [PLACED] },
        ],
      }),
    )
    expect(error).toMatchObject({ code: 'invalid_value', param: 'messages[1].content[0].type' })
  })

  it.each(['user', 'tool'])('are all that the message of %s can hold beside text', (role) => {
    const content = [text('a'), { type: 'video_url', video_url: { url: 'https://a.example' } }]
    const error = refusalOf(() => chatRequest({ messages: [{ role, tool_call_id: 'c', content }] }))
    expect(error).toMatchObject({ code: 'invalid_value', param: 'messages[0].content[1].type' })
  })
})

describe('base64', () => {
  it('is the same as Node makes it, however it was written, and any part of it can be read alone', () => {
    const written = fc.record({
      bytes: fc.uint8Array({ maxLength: 200 }),
      isPadded: fc.boolean(),
      isForUrls: fc.boolean(),
      width: fc.integer({ min: 1, max: 300 }),
      offset: fc.nat(210),
      length: fc.nat(50),
    })
    fc.assert(
      fc.property(written, ({ bytes, isPadded, isForUrls, width, offset, length }) => {
        const expected = Buffer.from(bytes).toString('base64')
        let given = isForUrls ? expected.replaceAll('+', '-').replaceAll('/', '_') : expected
        if (!isPadded) given = given.replaceAll('=', '')
        given = given.replace(new RegExp(`.{${width}}`, 'g'), '$&\n')
        expect(normalBase64(given)).toBe(expected)
        expect([...decodeAt(expected, offset, length)]).toEqual([...bytes.subarray(offset, offset + length)])
      }),
    )
  })

  it('is mended or refused, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'B', '1', '+', '/', '-', '_', '=', ' ', '\n', 'é') }),
        (given) => {
          const normal = normalBase64(given)
          if (normal !== undefined) expect(Buffer.from(normal, 'base64').toString('base64').length).toBe(normal.length)
        },
      ),
    )
  })
})
