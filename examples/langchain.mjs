// LangChain: an answer, a streamed one, a round of tools, and an answer in a form of your own.
//   npm install @langchain/openai @langchain/core zod
//   BASE_URL=http://127.0.0.1:8000/v1 node examples/langchain.mjs
import { HumanMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import { z } from 'zod'

const model = new ChatOpenAI({
  model: 'default',
  apiKey: process.env.API_KEY ?? 'any',
  configuration: { baseURL: process.env.BASE_URL ?? 'http://127.0.0.1:8000/v1' },
})

const answer = await model.invoke('What does a dragoman do?')
console.log(`answer:  ${answer.text}`)

process.stdout.write('stream:  ')
for await (const chunk of await model.stream('And a dragon?')) process.stdout.write(chunk.text)
console.log()

const getWeather = tool(({ city }) => `${city}: sunny, 21 degrees`, {
  name: 'get_weather',
  description: 'The weather of a city, now.',
  schema: z.object({ city: z.string() }),
})
const withTools = model.bindTools([getWeather])
const messages = [new HumanMessage('What is the weather in Paris? Use get_weather.')]
const asked = await withTools.invoke(messages)
messages.push(asked)
for (const call of asked.tool_calls) {
  console.log(`calls:   ${call.name} ${JSON.stringify(call.args)}`)
  messages.push(await getWeather.invoke(call))
}
console.log(`tools:   ${(await withTools.invoke(messages)).text}`)

const form = z.object({ city: z.string(), sunny: z.boolean() })
const filled = await model.withStructuredOutput(form, { name: 'weather' }).invoke('Is it sunny in Paris?')
console.log(`form:    ${JSON.stringify(filled)}`)
