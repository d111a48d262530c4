// A plain and a streamed answer with the official OpenAI package.
//   BASE_URL=http://127.0.0.1:8000/v1 node examples/chat.mjs
import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: process.env.BASE_URL ?? 'http://127.0.0.1:8000/v1',
  apiKey: process.env.API_KEY ?? 'any',
})
const messages = [
  { role: 'system', content: 'Answer in one sentence.' },
  { role: 'user', content: 'What does a dragoman do?' },
]

const answer = await client.chat.completions.create({ model: 'default', messages })
console.log(`plain:  ${answer.choices[0].message.content}`)
console.log(`usage:  ${answer.usage.prompt_tokens} in, ${answer.usage.completion_tokens} out, ${answer.model}`)

// The next question goes on from the answer.
const stream = await client.chat.completions.create({
  model: 'default',
  messages: [...messages, answer.choices[0].message, { role: 'user', content: 'And a dragon?' }],
  stream: true,
  stream_options: { include_usage: true },
})
process.stdout.write('stream: ')
let usage
for await (const chunk of stream) {
  process.stdout.write(chunk.choices[0]?.delta.content ?? '')
  usage = chunk.usage ?? usage
}
console.log(`\nusage:  ${usage.prompt_tokens} in, ${usage.completion_tokens} out`)
