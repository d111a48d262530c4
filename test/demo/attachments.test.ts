import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DemoModel, startDemoModel } from '../../src/demo/demo-model.ts'
import { gifHeader, pngImage } from '../support/images.ts'
import { ask } from './messages-client.ts'
import { assistant, CALL, describeRefusals, messages, RESULT, text, user } from './strict-requests.ts'

const image = (bytes: Buffer, media_type = 'image/png') => {
  return { type: 'image', source: { type: 'base64', media_type, data: bytes.toString('base64') } }
}
const gif = (width: number, height: number) => image(gifHeader(width, height), 'image/gif')
const linked = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }
const pdf = (words: string, more: object = {}) => {
  const source = { type: 'base64', media_type: 'application/pdf', data: Buffer.from(words).toString('base64') }
  return { type: 'document', source, ...more }
}
const note = { type: 'document', title: 'n.txt', source: { type: 'text', media_type: 'text/plain', data: 'one two' } }

let demo: DemoModel
beforeAll(async () => {
  demo = await startDemoModel({ delayMs: 0 })
})
afterAll(() => demo.close())

describe('the demo model says what it was given', () => {
  const png = pngImage(3, 2)
  it.each<[object, string]>([
    [image(png), `a PNG image of 3 x 2 pixels (${png.length} bytes)`],
    [gif(500, 4), 'a GIF image of 500 x 4 pixels (13 bytes)'],
    [linked, 'an image at https://example.com/a.png, which the demo model does not fetch'],
    [pdf('%PDF-1.7', { title: 'a.pdf' }), 'a PDF "a.pdf" (8 bytes)'],
    [note, 'a text file "n.txt" (2 words)'],
  ])('%#', async (block, words) => {
    const answered = await ask(demo.url, messages(user(text('look'), block)))
    expect(answered.text).toContain(`You said: "look" (1 word, 4 characters). You attached ${words}.`)
  })

  it('in a result', async () => {
    const result = { ...RESULT, content: [text('here'), gif(2, 2), note] }
    const answered = await ask(demo.url, messages(user(text('hi')), assistant(CALL), user(result)))
    expect(answered.text).toContain(
      'The tool get_weather answered: "here". It gave a GIF image of 2 x 2 pixels (13 bytes), a text file "n.txt" (2 words).',
    )
  })
})

describeRefusals({
  'an image': [
    [
      'of another type than was said',
      messages(user(image(pngImage(1, 1), 'image/jpeg'))),
      /^messages\.0\.content\.0\.image\.source\.base64\.media_type: .*image\/jpeg .*image\/png image$/,
    ],
    [
      'that is none',
      messages(user(text('a'), image(Buffer.from('hello')))),
      'messages.0.content.1: Could not process image',
    ],
    [
      'that is too wide',
      messages(user(gif(8001, 1))),
      'messages.0.content.0.image.source.base64.data: At least one of the image dimensions exceed max allowed size: 8000 pixels',
    ],
    [
      'that is too wide for one of many',
      messages(user(...Array.from({ length: 20 }, () => linked), gif(2001, 1))),
      /^messages\.0\.content\.20\..*many-image requests: 2000 pixels$/,
    ],
    [
      'that is too large',
      messages(user(image(Buffer.concat([gifHeader(1, 1), Buffer.alloc(7_864_320)]), 'image/gif'))),
      /image exceeds 10 MB maximum: \d+ bytes > 10485760 bytes$/,
    ],
    [
      'at a URL without TLS',
      messages(user({ type: 'image', source: { type: 'url', url: 'http://example.com/' } })),
      /^messages\.0\.content\.0\.image\.source\.url: /,
    ],
    [
      'in a result, where it is named',
      messages(user(text('hi')), assistant(CALL), user({ ...RESULT, content: [gif(8001, 1)] })),
      /^messages\.2\.content\.0\.tool_result\.content\.0\.image\.source/,
    ],
    ['too many', messages(user(...Array.from({ length: 101 }, () => linked))), 'messages: too many images: 101 > 100'],
  ],
  'a document': [
    ['that is no PDF', messages(user(pdf('hello'))), /^messages\.0\.content\.0\.pdf\.source\.base64\.data: /],
    [
      'with a title that is too long',
      messages(user(pdf('%PDF-', { title: 'x'.repeat(501) }))),
      /title: String should have/,
    ],
    [
      'without text',
      messages(user({ ...note, source: { ...note.source, data: '' } })),
      /^messages\.0\.content\.0\.source/,
    ],
  ],
})
