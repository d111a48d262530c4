// A function of yours that the model calls: it runs here, in this program.
//   BASE_URL=http://127.0.0.1:8000/v1 node examples/tools.mjs
import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: process.env.BASE_URL ?? 'http://127.0.0.1:8000/v1',
  apiKey: process.env.API_KEY ?? 'any',
})

const getWeather = ({ city }) => ({ city, sky: 'sunny', celsius: 21 })

// Asks, runs what the model calls, gives it the results, and goes on until it answers in words.
const runner = client.chat.completions.runTools({
  model: 'default',
  messages: [{ role: 'user', content: 'What is the weather in Paris? Use get_weather.' }],
  tools: [
    {
      type: 'function',
      function: {
        name: 'get_weather',
        description: 'The weather of a city, now.',
        parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
        parse: JSON.parse,
        function: getWeather,
      },
    },
  ],
})
runner.on('functionToolCall', (call) => console.log(`calls:   ${call.name} ${call.arguments}`))
runner.on('functionToolCallResult', (result) => console.log(`result:  ${result}`))
console.log(`answer:  ${await runner.finalContent()}`)
