/** Listens to a Messages stream that passes by: what it takes so far, and an error sent in mid-stream. */
import { StringDecoder } from 'node:string_decoder'
import { z } from 'zod'
import type { CallCount } from '../call-count.ts'

const tokens = z.number().nullish()

/** Cumulative counters as the model API sends them; a gateway before it may leave out any. */
export const usage = z
  .object({
    input_tokens: tokens,
    cache_read_input_tokens: tokens,
    cache_creation_input_tokens: tokens,
    output_tokens: tokens,
    output_tokens_details: z.object({ thinking_tokens: tokens }).nullish(),
  })
  .nullish()

const event = z.discriminatedUnion('type', [
  z.object({ type: z.literal('message_start'), message: z.object({ model: z.string().default(''), usage }) }),
  z.object({
    type: z.literal('content_block_delta'),
    delta: z.object({
      text: z.string().optional(),
      partial_json: z.string().optional(),
      thinking: z.string().optional(),
    }),
  }),
  z.object({
    type: z.literal('message_delta'),
    delta: z.object({ stop_reason: z.string().nullish() }).default({}),
    usage,
  }),
  z.object({ type: z.literal('error'), error: z.object({ type: z.string(), message: z.string() }) }),
])

/** A line that grows beyond this is none that we look for. */
const LONGEST_LINE = 64 * 1024

export interface StreamTap {
  hear(chunk: Uint8Array): void
  /** Nothing more comes. */
  end(): void
}

export function createStreamTap(
  count: CallCount,
  onError: (error: { type: string; message: string }) => void,
): StreamTap {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const line = (text: string): void => {
    if (!/^data: ?\{/.test(text)) return
    const heard = read(text.slice(text.indexOf('{')))
    switch (heard?.type) {
      case 'message_start':
        return count.begin(heard.message.model, heard.message.usage)
      case 'content_block_delta': {
        const { text: said = '', partial_json: argued = '', thinking = '' } = heard.delta
        return count.hear({ said: said.length + argued.length, thought: thinking.length })
      }
      case 'message_delta':
        return count.count(heard.usage, heard.delta.stop_reason)
      case 'error':
        return onError(heard.error)
      case undefined:
    }
  }
  return {
    hear: (chunk) => {
      const lines = (rest + decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))).split('\n')
      rest = (lines.pop() ?? '').slice(0, LONGEST_LINE)
      for (const text of lines) line(text)
    },
    end: () => undefined,
  }
}

/** Undefined for what is not in the API's shape, or not looked for. */
function read(json: string): z.output<typeof event> | undefined {
  try {
    return event.safeParse(JSON.parse(json)).data
  } catch {
    return undefined
  }
}
