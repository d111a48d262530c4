import { z } from 'zod'

/** In characters: what is shown of a result on the way. The model has all of it. */
const MOST_SHOWN = 4000

const blocks = z.array(z.object({ type: z.string(), text: z.string().optional() }))

/** What a tool gave, as text. */
export function textOfResult(content: unknown): string {
  const text = typeof content === 'string' ? content : textOfBlocks(content)
  if (text.length <= MOST_SHOWN) return text
  // Not in the middle of a character.
  return `${text.slice(0, MOST_SHOWN).replace(/[\uD800-\uDBFF]$/, '')}\n[${text.length - MOST_SHOWN} more characters]`
}

function textOfBlocks(content: unknown): string {
  const read = blocks.safeParse(content).data ?? []
  return read.map(({ type, text }) => text ?? `[${type}]`).join('\n')
}
