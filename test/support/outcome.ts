/** What a caller made of an answer, streamed or not: enough to tell an honest end from one that only looks like it. */
import { chatChunkSchema } from '../../src/wire/chat-chunk.ts'
import { chatCompletionSchema } from '../../src/wire/chat-response.ts'
import { errorBodySchema } from '../../src/wire/error-body.ts'
import { readEvents } from './server.ts'

export interface Outcome {
  readonly status: number
  readonly text: string
  readonly finishReason: string | null
  /** The code of the error, as a body or as an event. */
  readonly code: string | null
  /** A stream that ended with `[DONE]`; a body always counts as ended. */
  readonly done: boolean
}

/** Reads an answer to its end. Throws when it is in no shape that is published. */
export async function readOutcome(response: Response): Promise<Outcome> {
  const { status } = response
  const body = await response.text()
  if (status !== 200) {
    const { error } = errorBodySchema.parse(JSON.parse(body))
    return { status, text: '', finishReason: null, code: error.code, done: true }
  }
  if (response.headers.get('content-type')?.startsWith('text/event-stream') === true) return readStream(body)
  const [choice] = chatCompletionSchema.parse(JSON.parse(body)).choices
  const text = choice?.message.content ?? ''
  return { status, text, finishReason: choice?.finish_reason ?? null, code: null, done: true }
}

function readStream(body: string): Outcome {
  let text = ''
  let finishReason: string | null = null
  let code: string | null = null
  let done = false
  for (const event of readEvents(body).data) {
    if (event === '[DONE]') {
      done = true
      continue
    }
    const parsed: unknown = JSON.parse(event)
    const failed = errorBodySchema.safeParse(parsed)
    if (failed.success) {
      code = failed.data.error.code
      continue
    }
    const [choice] = chatChunkSchema.parse(parsed).choices
    text += choice?.delta.content ?? ''
    finishReason ??= choice?.finish_reason ?? null
  }
  return { status: 200, text, finishReason, code, done }
}

/** What is wrong with it: nothing, if it is the whole answer, ended as such, or a failure that shows that it is one. */
export function dishonesty(outcome: Outcome, whole: string): string | undefined {
  const { status, text, finishReason, code, done } = outcome
  if (code === null) {
    if (status !== 200) return `status ${status} without an error`
    if (text !== whole) return `an answer that looks whole: ${JSON.stringify(text)}`
    return finishReason === 'stop' && done ? undefined : 'a whole answer without an end'
  }
  if (finishReason !== null) return 'a failure with a finish reason'
  return status === 200 && done ? 'a failed stream that ends with [DONE]' : undefined
}
