// Let the model use Claude Code's own tools on the server: here it looks something up in a folder.
//   npm start -- --demo --claude-cwd .
//   BASE_URL=http://127.0.0.1:8000/v1 node examples/agent.mjs
import OpenAI from 'openai'

const baseURL = process.env.BASE_URL ?? 'http://127.0.0.1:8000/v1'
const apiKey = process.env.API_KEY ?? 'any'
const client = new OpenAI({ baseURL, apiKey })

// What this key may use.
const { data: tools } = await client.get('/tools')
console.log(`tools:  ${tools.flatMap(({ name, allowed }) => (allowed ? [name] : [])).join(', ')}`)

// Any OpenAI client gets the final text. Who asks is told what the tools do, in chunks of their own.
const stream = await client.chat.completions.create(
  {
    model: 'default',
    messages: [{ role: 'user', content: 'Use Grep with pattern: "canary" to find the file that speaks of a canary.' }],
    enable_tools: true,
    stream: true,
    stream_options: { include_usage: true, include_tool_events: true },
  },
  { headers: { 'X-Claude-Max-Turns': '5' } },
)
let answer = ''
for await (const chunk of stream) {
  const event = chunk.tool_event
  if (event?.type === 'tool_start') console.log(`start:  ${event.name} ${JSON.stringify(event.input)}`)
  if (event?.type === 'tool_end') console.log(`end:    ${event.name} ${event.outcome}, ${event.duration_ms} ms`)
  answer += chunk.choices[0]?.delta.content ?? ''
  if (chunk.usage) console.log(`usage:  ${chunk.usage.prompt_tokens} in, ${chunk.usage.completion_tokens} out`)
}
console.log(`answer: ${answer}`)

// What nobody has allowed is refused before anything runs.
const refusal = await client.chat.completions
  .create(
    { model: 'default', messages: [{ role: 'user', content: 'Run ls.' }], enable_tools: true },
    { headers: { 'X-Claude-Allowed-Tools': 'run_command' } },
  )
  .catch((error) => error)
console.log(`denied: ${refusal.status} ${refusal.code}`)
