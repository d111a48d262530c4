// An answer in a form of your own, with the official OpenAI package and zod.
//   BASE_URL=http://127.0.0.1:8000/v1 node examples/structured-output.mjs
import OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import { z } from 'zod'

const client = new OpenAI({
  baseURL: process.env.BASE_URL ?? 'http://127.0.0.1:8000/v1',
  apiKey: process.env.API_KEY ?? 'any',
})
const event = z.object({
  name: z.string(),
  date: z.iso.date(),
  guests: z.array(z.string()).min(1).describe('First names'),
  minutes: z.number().int().min(15).max(240),
})
const request = {
  model: process.env.MODEL ?? 'default',
  messages: [{ role: 'user', content: 'Alice and Bob meet at a fair on 3 May 2026 for an hour.' }],
  response_format: zodResponseFormat(event, 'event'),
}

// The answer has been checked against the schema, also where the model API knows only parts of it, such as no `min`.
const completion = await client.chat.completions.parse(request)
const { name, date, guests, minutes } = completion.choices[0].message.parsed
console.log(`parsed:   ${name} on ${date}, ${minutes} minutes, with ${guests.join(' and ')}`)

// Streamed, the JSON comes in pieces.
const stream = client.chat.completions.stream(request)
let pieces = 0
stream.on('content.delta', () => (pieces += 1))
const streamed = await stream.finalChatCompletion()
console.log(`streamed: ${JSON.stringify(streamed.choices[0].message.parsed)} in ${pieces} pieces`)

// Any object, without a schema.
const any = await client.chat.completions.create({ ...request, response_format: { type: 'json_object' } })
console.log(`object:   ${Object.keys(JSON.parse(any.choices[0].message.content)).join(', ')}`)
