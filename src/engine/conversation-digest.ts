/**
 * Whether two conversations are the same, without keeping their text: a digest for each message that also covers all
 * before it. Text counts joined, however it was cut into blocks; reasoning does not count.
 */
import { createHash } from 'node:crypto'
import type { Conversation, Message } from '../turn/turn.ts'

/** The digest of a conversation up to and including each of its messages. */
export function digestChain(conversation: Conversation): string[] {
  const chain: string[] = []
  for (const message of conversation) chain.push(extendDigest(chain.at(-1) ?? '', message))
  return chain
}

/** The digest of what `previous` stands for, followed by `message`. */
export function extendDigest(previous: string, message: Message): string {
  const text = message.content.map((block) => block.text).join('')
  return createHash('sha256').update(`${previous}\n${message.role}\n${text.length}\n`).update(text).digest('base64')
}
