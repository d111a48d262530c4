/** Checks that ask the model. */
import { z } from 'zod'
import { describeFailure, readJson, type SmokeClient } from './smoke-client.ts'

/** Little to say, and little to think: ten seconds are for everything. */
const QUESTION = {
  model: 'default',
  messages: [{ role: 'user', content: 'Answer with the one word: pong' }],
  max_completion_tokens: 200,
} as const

const Usage = z.object({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() })

const Completion = z.object({
  id: z.string().startsWith('chatcmpl-'),
  object: z.literal('chat.completion'),
  model: z.string().min(1),
  choices: z
    .array(
      z.object({
        message: z.object({ role: z.literal('assistant'), content: z.string().min(1) }),
        finish_reason: z.enum(['stop', 'length']),
      }),
    )
    .length(1),
  usage: Usage,
})

const Chunk = z.object({
  id: z.string().startsWith('chatcmpl-'),
  object: z.literal('chat.completion.chunk'),
  choices: z.array(
    z.object({ delta: z.object({ content: z.string().nullish() }), finish_reason: z.string().nullable() }),
  ),
  usage: Usage.nullish(),
})

export async function checkPlainAnswer(client: SmokeClient): Promise<string> {
  const began = performance.now()
  const { model, usage } = await readJson(await client.post('/v1/chat/completions', QUESTION), Completion)
  return `from ${model} in ${seconds(began)}, ${describeUsage(usage)}`
}

export async function checkStreamedAnswer(client: SmokeClient): Promise<string> {
  const began = performance.now()
  const body = { ...QUESTION, stream: true, stream_options: { include_usage: true } }
  const response = await client.post('/v1/chat/completions', body)
  if (!response.ok || response.body === null) throw new Error(await describeFailure(response))
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true)
    throw new Error('not an event stream')
  let firstText: string | undefined
  const data: string[] = []
  for await (const line of linesOf(response.body)) {
    if (!line.startsWith('data: ')) continue
    data.push(line.slice('data: '.length))
    if (firstText === undefined && /"content":"[^"]/.test(line)) firstText = seconds(began)
  }
  if (data.pop() !== '[DONE]') throw new Error(failureIn(data) ?? 'the stream does not end with [DONE]')
  const chunks = data.map((text) => Chunk.parse(JSON.parse(text)))
  const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
  if (text === '') throw new Error('no text came')
  if (!chunks.some(({ choices }) => choices[0]?.finish_reason !== null && choices.length > 0))
    throw new Error('no finish_reason came')
  const last = chunks.at(-1)
  if (last === undefined || last.choices.length > 0 || last.usage === undefined || last.usage === null)
    throw new Error('no usage chunk came at the end')
  return `first text after ${firstText ?? '?'}, ${chunks.length} chunks, ${describeUsage(last.usage)}`
}

/** @throws when the numbers cannot be true */
function describeUsage(usage: z.output<typeof Usage>): string {
  const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = usage
  if (prompt <= 0 || completion <= 0) throw new Error(`usage is not counted: ${prompt} in, ${completion} out`)
  if (total !== prompt + completion) throw new Error(`usage does not add up: ${prompt} + ${completion} is not ${total}`)
  return `${prompt} tokens in, ${completion} out`
}

/** What the server said went wrong, where its stream ended with an error event. */
function failureIn(data: readonly string[]): string | undefined {
  return data.map((text) => /"message":"([^"]+)"/.exec(text)?.[1]).findLast((message) => message !== undefined)
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

const seconds = (began: number): string => `${((performance.now() - began) / 1000).toFixed(1)} s`
