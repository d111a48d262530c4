/** Listens to an answer of the Messages API that passes by in one piece, which a command can ask for: what it takes. */
import { StringDecoder } from 'node:string_decoder'
import { z } from 'zod'
import type { CallCount } from '../call-count.ts'
import { type StreamTap, usage } from './stream-tap.ts'

const message = z.object({ model: z.string(), stop_reason: z.string().nullish(), usage })

/** In characters. Of a longer one the length alone is known. */
const LONGEST = 4_000_000

export function createAnswerTap(count: CallCount): StreamTap {
  const decoder = new StringDecoder('utf8')
  let text = ''
  // It is paid for, whatever can be read of it.
  count.begin('', undefined)
  return {
    hear: (chunk) => {
      const more = decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
      count.hear({ said: more.length })
      if (text.length <= LONGEST) text += more
    },
    end: () => {
      const whole = text.length > LONGEST ? undefined : read(text)
      if (whole === undefined) return
      count.begin(whole.model, whole.usage)
      count.count(whole.usage, whole.stop_reason)
    },
  }
}

/** Undefined for what is no whole message. */
function read(json: string): z.output<typeof message> | undefined {
  try {
    return message.safeParse(JSON.parse(json)).data
  } catch {
    return undefined
  }
}
