// An image and a file with the official OpenAI package. The image is a PNG made here, 64 pixels by 64: red above, blue below.
//   BASE_URL=http://127.0.0.1:8000/v1 node examples/images.mjs
import { crc32, deflateSync } from 'node:zlib'
import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: process.env.BASE_URL ?? 'http://127.0.0.1:8000/v1',
  apiKey: process.env.API_KEY ?? 'any',
})

/** Eight bits each of red, green and blue, a row at a time behind a byte that says "no filter". */
function makePng(side) {
  const row = (...color) => Buffer.from([0, ...Array.from({ length: side }, () => color).flat()])
  const rows = Array.from({ length: side }, (_, y) => (y < side / 2 ? row(220, 40, 40) : row(40, 60, 220)))
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header.set([8, 2], 8)
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, sum])
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.concat(rows))), chunk('IEND', Buffer.alloc(0))]
  return Buffer.concat([signature, ...parts])
}

const image = `data:image/png;base64,${makePng(64).toString('base64')}`
const messages = [
  {
    role: 'user',
    content: [
      { type: 'text', text: 'Which colours does this image have?' },
      { type: 'image_url', image_url: { url: image } },
    ],
  },
]
const answer = await client.chat.completions.create({ model: 'default', messages })
console.log(`image: ${answer.choices[0].message.content}`)

// A text file in the next question; a PDF goes the same way. The image is still part of the conversation.
const notes = Buffer.from('Red stands for stop, blue for go.').toString('base64')
const next = await client.chat.completions.create({
  model: 'default',
  messages: [
    ...messages,
    answer.choices[0].message,
    {
      role: 'user',
      content: [
        { type: 'file', file: { filename: 'notes.txt', file_data: `data:text/plain;base64,${notes}` } },
        { type: 'text', text: 'And what do they stand for?' },
      ],
    },
  ],
})
console.log(`file:  ${next.choices[0].message.content}`)

// What cannot be an image is refused before anything is asked, with the place in `param`.
try {
  const content = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,aGVsbG8=' } }]
  await client.chat.completions.create({ model: 'default', messages: [{ role: 'user', content }] })
} catch (error) {
  console.log(`error: ${error.status} ${error.code} at ${error.param}`)
}
