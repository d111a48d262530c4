/** Listens to a Messages stream that passes by: the usage counted so far, and an error sent in mid-stream. */
import { StringDecoder } from 'node:string_decoder'
import { z } from 'zod'

/** Cumulative counters as the model API sends them. */
const usage = z.object({
  input_tokens: z.number().nullish(),
  cache_read_input_tokens: z.number().nullish(),
  cache_creation_input_tokens: z.number().nullish(),
  output_tokens: z.number().nullish(),
})

const event = z.union([
  z
    .object({ type: z.literal('message_start'), message: z.object({ usage }) })
    .transform(({ message }) => ({ usage: message.usage })),
  z.object({ type: z.literal('message_delta'), usage }).transform(({ usage: counted }) => ({ usage: counted })),
  z
    .object({ type: z.literal('error'), error: z.object({ type: z.string(), message: z.string() }) })
    .transform(({ error }) => ({ error })),
])

export type CountedUsage = z.output<typeof usage>

/** A line that grows beyond this is none that we look for. */
const LONGEST_LINE = 64 * 1024

export interface StreamTap {
  hear(chunk: Uint8Array): void
}

export function createStreamTap(
  onUsage: (usage: CountedUsage) => void,
  onError: (error: { type: string; message: string }) => void,
): StreamTap {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const line = (text: string): void => {
    // Most lines are deltas: only those that can matter are parsed.
    if (!/^data: ?\{"type": ?"(message_start|message_delta|error)"/.test(text)) return
    try {
      const heard = event.parse(JSON.parse(text.slice(text.indexOf('{'))))
      if ('usage' in heard) onUsage(heard.usage)
      else onError(heard.error)
    } catch {
      // Not the API's shape: nothing is known from it.
    }
  }
  return {
    hear: (chunk) => {
      const lines = (rest + decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))).split('\n')
      rest = (lines.pop() ?? '').slice(0, LONGEST_LINE)
      for (const text of lines) line(text)
    },
  }
}
