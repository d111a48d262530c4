/**
 * Whether two conversations are the same, without keeping their text: a digest for each message that also covers all
 * before it. Text counts joined, however it was cut into blocks; images and files count by their data or URL; arguments
 * count as the JSON they are, whatever the order of their keys; results count by their place, whatever a caller names
 * their calls; reasoning does not count.
 */
import { createHash } from 'node:crypto'
import type { JsonValue } from '../turn/json.ts'
import type { Block, Conversation, DocumentBlock, ImageBlock, Message } from '../turn/turn.ts'

/** The digest of a conversation up to and including each of its messages. */
export function digestChain(conversation: Conversation): string[] {
  const chain: string[] = []
  for (const message of conversation) chain.push(extendDigest(chain.at(-1) ?? '', message))
  return chain
}

/** The digest of what `previous` stands for, followed by `message`. */
export function extendDigest(previous: string, { role, content }: Message): string {
  const hash = createHash('sha256').update(`${previous}\n${role}`)
  for (const part of canonicalParts(content)) hash.update(`\n${part.length}\n`).update(part)
  return hash.digest('base64')
}

/** Neighbouring texts are one. The data of images and files is a part of its own, so that nothing of its size is copied. */
function canonicalParts(content: readonly Block[]): string[] {
  const parts: string[] = []
  let text = ''
  const endText = (): void => {
    if (text !== '') parts.push(`text:${text}`)
    text = ''
  }
  for (const block of content) {
    if (block.type === 'text') text += block.text
    else if (block.type !== 'reasoning') {
      endText()
      parts.push(...partsOf(block))
    }
  }
  endText()
  return parts
}

function partsOf(block: Exclude<Block, { type: 'text' | 'reasoning' }>): string[] {
  switch (block.type) {
    case 'image':
      return sourceParts('image', block.source)
    case 'document':
      return sourceParts(`document:${JSON.stringify(block.title ?? null)}`, block.source)
    case 'tool_call':
      return [`call:${JSON.stringify([block.name, sorted(block.input)])}`]
    case 'tool_result': {
      const parts = canonicalParts(block.content)
      return [`result:${parts.length}`, ...parts]
    }
  }
}

/** The media type follows from the data. */
function sourceParts(name: string, source: ImageBlock['source'] | DocumentBlock['source']): string[] {
  return [`${name}:${source.type}`, source.type === 'url' ? source.url : source.data]
}

function sorted(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  if (isArray(value)) return value.map(sorted)
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}
