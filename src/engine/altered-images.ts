/**
 * Claude Code makes a smaller image of a large one that it is told: another size, a lossy JPEG of at most 500 KB, and a text
 * beside it that says so, after up to 5 s of work (2.1.330; no setting turns it off). It does so to the images of a user's
 * message. Those in a result, and those in a transcript that it is started with, stay as they are.
 */
import { type ImageHeader, readImageHeader } from '../image-header.ts'
import type { Block, Conversation } from '../turn/turn.ts'

const MOST_BYTES = 512_000
const LONGEST_SIDE = 2000
/** An image costs a token for each square of so many pixels. */
const SQUARE = 28
const MOST_SQUARES = 4784
/** The header of nearly any image is in this much of its base64. */
const HEAD_LENGTH = 65_536

/** The last message with an image that would not reach the model as it is; -1 where there is none. */
export function lastAltered(conversation: Conversation): number {
  return conversation.findLastIndex(({ role, content }) => role === 'user' && content.some(isAltered))
}

function isAltered(block: Block): boolean {
  if (block.type !== 'image' || block.source.type !== 'base64') return false
  const { data } = block.source
  if ((data.length / 4) * 3 > MOST_BYTES) return true
  const header = headerOf(data)
  if (header === undefined) return true
  const { width, height } = header
  const squares = Math.ceil(width / SQUARE) * Math.ceil(height / SQUARE)
  return Math.max(width, height) > LONGEST_SIDE || squares > MOST_SQUARES
}

function headerOf(data: string): ImageHeader | undefined {
  for (const part of [data.slice(0, HEAD_LENGTH), data]) {
    const bytes = Buffer.from(part, 'base64')
    const header = readImageHeader((offset, length) => bytes.subarray(offset, offset + length))
    if (typeof header !== 'string') return header
  }
  return undefined
}
