import { type ApiProblem, invalid } from './api-problem.ts'
import { attachmentsOf, type DocumentRequestBlock, type ImageRequestBlock, readInlineImage } from './attachments.ts'
import type { Rule } from './rule.ts'

/** https://platform.claude.com/docs/en/build-with-claude/vision, general limits. */
const MOST_IMAGES = 100
const MOST_IMAGES_ON_LONG_CONTEXT = 600
const LONG_CONTEXT_TOKENS = 200_001
const MOST_BASE64 = 10 * 1024 * 1024
const LONGEST_SIDE = 8000
/** With more images than this, their sides may not be as long. */
const MANY_IMAGES = 20
const LONGEST_SIDE_OF_MANY = 2000

/** Number, size and sides of images; their type as the bytes have it; PDFs that are none. */
export const validateAttachments: Rule = (request, { contextTokens }) => {
  const all = attachmentsOf(request)
  const images = all.filter(({ block }) => block.type === 'image').length
  const most = contextTokens < LONG_CONTEXT_TOKENS ? MOST_IMAGES : MOST_IMAGES_ON_LONG_CONTEXT
  if (images > most) return invalid(`messages: too many images: ${images} > ${most}`)
  for (const { place, block } of all) {
    const found = block.type === 'image' ? checkImage(block, place, images > MANY_IMAGES) : checkDocument(block, place)
    if (found !== undefined) return found
  }
  return undefined
}

function checkImage({ source }: ImageRequestBlock, place: string, many: boolean): ApiProblem | undefined {
  if (source.type === 'url') {
    if (!/^https:\/\//i.test(source.url)) return invalid(`${place}.image.source.url: Only HTTPS URLs are supported.`)
    return undefined
  }
  if (source.type === 'file') return undefined
  const here = `${place}.image.source.base64`
  const { data, media_type: claimed } = source
  if (data.length > MOST_BASE64) {
    return invalid(`${here}: image exceeds 10 MB maximum: ${data.length} bytes > ${MOST_BASE64} bytes`)
  }
  const header = readInlineImage(data)
  if (typeof header === 'string') return invalid(`${place}: Could not process image`)
  const type = `image/${header.format}`
  if (type !== claimed) {
    return invalid(
      `${here}.media_type: The image was specified using the ${claimed} media type, but the image appears to be a ${type} image`,
    )
  }
  const longest = many ? LONGEST_SIDE_OF_MANY : LONGEST_SIDE
  if (Math.max(header.width, header.height) <= longest) return undefined
  const forMany = many ? ' for many-image requests' : ''
  return invalid(
    `${here}.data: At least one of the image dimensions exceed max allowed size${forMany}: ${longest} pixels`,
  )
}

function checkDocument({ source }: DocumentRequestBlock, place: string): ApiProblem | undefined {
  if (source.type !== 'base64') return undefined
  const isPdf = Buffer.from(source.data.slice(0, 8), 'base64').toString('latin1').startsWith('%PDF-')
  return isPdf ? undefined : invalid(`${place}.pdf.source.base64.data: The PDF specified was not valid.`)
}
