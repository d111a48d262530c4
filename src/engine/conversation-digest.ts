/**
 * Whether two conversations are the same, without keeping their text: a digest for each message that also covers all
 * before it. Text counts joined, however it was cut into blocks; arguments count as the JSON they are, whatever the order
 * of their keys; results count by their place, whatever a caller names their calls; reasoning does not count.
 */
import { createHash } from 'node:crypto'
import type { JsonValue } from '../turn/json.ts'
import type { Block, ContentBlock, Conversation, DocumentBlock, ImageBlock, Message } from '../turn/turn.ts'

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

/** Neighbouring texts are one. */
function canonicalParts(content: readonly Block[]): string[] {
  const parts: string[] = []
  let text = ''
  const endText = (): void => {
    if (text !== '') parts.push(`text:${text}`)
    text = ''
  }
  for (const block of content) {
    if (block.type === 'text') text += block.text
    else {
      endText()
      parts.push(canonicalPart(block))
    }
  }
  endText()
  return parts
}

function canonicalPart(block: Exclude<Block, { type: 'text' }>): string {
  switch (block.type) {
    case 'image':
    case 'document':
      return attachmentPart(block)
    case 'tool_call':
      return `call:${JSON.stringify([block.name, sorted(block.input)])}`
    case 'tool_result':
      return `result:${resultPart(block.content)}`
  }
}

/** Every part that is not text stands with its length, so that no text can look like it. */
function resultPart(content: readonly ContentBlock[]): string {
  if (content.every((block) => block.type === 'text')) return content.map(({ text }) => text).join('')
  return canonicalParts(content)
    .map((part) => `${part.length}\n${part}`)
    .join('\n')
}

function attachmentPart({ type, source, ...rest }: ImageBlock | DocumentBlock): string {
  const title = 'title' in rest ? rest.title : undefined
  const from = 'mediaType' in source ? source.mediaType : source.type
  return `${type}:${JSON.stringify([from, title ?? null])}:${source.type === 'url' ? source.url : source.data}`
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
