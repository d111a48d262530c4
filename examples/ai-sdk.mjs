// Vercel's AI SDK: an answer with a tool, and a streamed one.
//   npm install ai @ai-sdk/openai-compatible zod
//   BASE_URL=http://127.0.0.1:8000/v1 node examples/ai-sdk.mjs
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, stepCountIs, streamText, tool } from 'ai'
import { z } from 'zod'

const dragoman = createOpenAICompatible({
  name: 'dragoman',
  baseURL: process.env.BASE_URL ?? 'http://127.0.0.1:8000/v1',
  apiKey: process.env.API_KEY ?? 'any',
  includeUsage: true,
  supportsStructuredOutputs: true,
})
const model = dragoman('default')

const { text, steps } = await generateText({
  model,
  prompt: 'What is the weather in Paris? Use get_weather.',
  tools: {
    get_weather: tool({
      description: 'The weather of a city, now.',
      inputSchema: z.object({ city: z.string() }),
      execute: ({ city }) => ({ city, sky: 'sunny', celsius: 21 }),
    }),
  },
  stopWhen: stepCountIs(5),
})
for (const { toolCalls } of steps)
  for (const { toolName, input } of toolCalls) console.log(`calls:   ${toolName} ${JSON.stringify(input)}`)
console.log(`answer:  ${text}`)

const stream = streamText({ model, prompt: 'What does a dragoman do?' })
process.stdout.write('stream:  ')
for await (const piece of stream.textStream) process.stdout.write(piece)
const { inputTokens, outputTokens } = await stream.usage
console.log(`\nusage:   ${inputTokens} in, ${outputTokens} out`)
