/** A round with a function: a question that is answered by a call, and the request that brings what the call gave. */
import type { Sample } from './load.ts'

const QUESTION = 'Please call get_weather for "Paris".'
const TOOLS = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'The weather in a city.',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
]

interface Message {
  readonly role: string
  readonly content: string | null
  readonly tool_calls?: readonly { readonly id: string }[]
}

/** The first token of its samples is the whole call, their total the whole round. Rejects when there is no call. */
export function toolRound(url: string): () => Promise<Sample> {
  const ask = async (messages: readonly object[]): Promise<Message> => {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'sonnet', messages, tools: TOOLS }),
    })
    const { choices }: { choices?: { message: Message }[] } = JSON.parse(await response.text())
    const message = choices?.[0]?.message
    if (message === undefined) throw new Error(`status ${response.status}`)
    return message
  }
  return async () => {
    const began = performance.now()
    const question = { role: 'user', content: QUESTION }
    const answer = await ask([question])
    const firstTokenMs = performance.now() - began
    const [call] = answer.tool_calls ?? []
    if (call === undefined) throw new Error('the model called no function')
    const { content } = await ask([question, answer, { role: 'tool', tool_call_id: call.id, content: 'rain' }])
    return { firstTokenMs, totalMs: performance.now() - began, text: content ?? '' }
  }
}
