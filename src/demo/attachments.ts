/** Images and files of a request: what they are, and what the API would say against them. */
import { type ImageHeader, readImageHeader } from '../image-header.ts'
import { blocksOf, type MessagesRequest, type RequestBlock } from './request-shape.ts'

export type ImageRequestBlock = Extract<RequestBlock, { type: 'image' }>
export type DocumentRequestBlock = Extract<RequestBlock, { type: 'document' }>

export interface Placed<Block> {
  readonly place: string
  readonly block: Block
}

/** Every image and document, also inside of tool results, with its place as the API names it. */
export function attachmentsOf(request: MessagesRequest): Placed<ImageRequestBlock | DocumentRequestBlock>[] {
  return request.messages.flatMap(({ content }, index) => placed(blocksOf(content), `messages.${index}.content`))
}

function placed(blocks: readonly RequestBlock[], at: string): Placed<ImageRequestBlock | DocumentRequestBlock>[] {
  return blocks.flatMap((block, index) => {
    const place = `${at}.${index}`
    if (block.type === 'image' || block.type === 'document') return [{ place, block }]
    return block.type === 'tool_result'
      ? placed(blocksOf(block.content ?? undefined), `${place}.tool_result.content`)
      : []
  })
}

export function readInlineImage(data: string): ImageHeader | 'unknown' | 'broken' {
  const bytes = Buffer.from(data, 'base64')
  return readImageHeader((offset, length) => bytes.subarray(offset, offset + length))
}

/** `a PNG image of 3 x 2 pixels (75 bytes)`. */
export function describeAttachment(block: ImageRequestBlock | DocumentRequestBlock): string {
  return block.type === 'image' ? describeImage(block) : describeDocument(block)
}

function describeImage({ source }: ImageRequestBlock): string {
  switch (source.type) {
    case 'url':
      return `an image at ${source.url}, which the demo model does not fetch`
    case 'file':
      return `an uploaded image ${source.file_id}`
    case 'base64': {
      const header = readInlineImage(source.data)
      const sides = typeof header === 'string' ? 'unknown size' : `${header.width} x ${header.height} pixels`
      const format = typeof header === 'string' ? 'unreadable' : header.format.toUpperCase()
      return `${format === 'unreadable' ? 'an' : 'a'} ${format} image of ${sides} (${sizeOf(source.data)})`
    }
  }
}

function describeDocument({ source, title }: DocumentRequestBlock): string {
  const named = title === undefined || title === null ? '' : ` "${title}"`
  switch (source.type) {
    case 'base64':
      return `a PDF${named} (${sizeOf(source.data)})`
    case 'text': {
      const words = source.data.match(/\S+/g)?.length ?? 0
      return `a text file${named} (${words} ${words === 1 ? 'word' : 'words'})`
    }
    case 'url':
    case 'file':
    case 'content':
      return `a document${named}`
  }
}

function sizeOf(data: string): string {
  const bytes = Buffer.byteLength(data, 'base64')
  return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`
}
