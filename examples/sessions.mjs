// A conversation that lives on the server: each request sends only what is new.
//   BASE_URL=http://127.0.0.1:8000/v1 node examples/sessions.mjs
import OpenAI from 'openai'

const baseURL = process.env.BASE_URL ?? 'http://127.0.0.1:8000/v1'
const apiKey = process.env.API_KEY ?? 'any'
const client = new OpenAI({ baseURL, apiKey })
// Any name of your own; under another key it is another session.
const session = `example-${Date.now()}`

async function say(content) {
  const answer = await client.chat.completions.create({
    model: 'default',
    messages: [{ role: 'user', content }],
    session_id: session,
  })
  console.log(`turn ${answer.session.turn}: ${answer.choices[0].message.content}`)
}

await say('My name is Ann. Please remember it.')
await say('What is my name?')

// Streaming too.
const stream = await client.chat.completions.create({
  model: 'default',
  messages: [{ role: 'user', content: 'And what did I ask you before?' }],
  session_id: session,
  stream: true,
})
process.stdout.write('stream: ')
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '')
console.log()

// What the server has kept, and what it cost.
const kept = await client.get(`/sessions/${session}`)
console.log(`kept:   ${kept.turns} turns, ${kept.message_count} messages`)
const { data } = await client.get('/sessions')
console.log(`listed: ${data.some(({ id }) => id === session)}`)
await client.delete(`/sessions/${session}`)
const gone = await client.get(`/sessions/${session}`).catch((error) => error)
console.log(`gone:   ${gone.status} ${gone.code}`)
