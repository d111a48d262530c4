/** An image of a message as the model API takes it. */
import type { ApiError } from '../../errors.ts'
import { readImageHeader } from '../../image-header.ts'
import type { ImageBlock } from '../../turn/turn.ts'
import { quote } from '../../wire/quote.ts'
import { decodeAt, normalBase64 } from './base64.ts'
import { dataUrlPayload, isDataUrl } from './data-url.ts'
import { invalidValue } from '../invalid-value.ts'

/**
 * Of the base64. The model API itself takes twice as much, but Bedrock and Vertex do not, and Claude Code hands no
 * more on ("Image base64 size exceeds API limit (5MB)", 2.1.330).
 */
const MOST_BASE64 = 5 * 1024 * 1024
/** Pixels: https://platform.claude.com/docs/en/build-with-claude/vision, general limits. */
const LONGEST_SIDE = 8000
const LONGEST_URL = 8192
/** Printable ASCII. */
const PLAIN_URL = /^[!-~]+$/

/**
 * A data URL is checked here; an https URL is handed on, for the model API to fetch.
 * @param param where the URL stands in the request
 */
export function imageBlock(url: string, param: string): ImageBlock {
  if (isDataUrl(url)) return { type: 'image', source: inlineSource(url, param) }
  return { type: 'image', source: { type: 'url', url: checkedUrl(url, param) } }
}

function inlineSource(url: string, param: string): ImageBlock['source'] {
  const payload = dataUrlPayload(url)
  // White space comes off, but no more of it than that is looked through.
  if (payload !== undefined && payload.length > 2 * MOST_BASE64) throw tooLarge(payload, param)
  const data = payload === undefined ? undefined : normalBase64(payload)
  if (data === undefined) {
    throw invalidValue(param, "expected a data URL such as 'data:image/png;base64,…'.", 'invalid_base64_image')
  }
  if (data === '') throw invalidValue(param, 'the image has no bytes.', 'empty_image_file')
  if (data.length > MOST_BASE64) throw tooLarge(data, param)
  const header = readImageHeader((offset, length) => decodeAt(data, offset, length))
  if (header === 'unknown') {
    throw invalidValue(param, 'the bytes are not those of a PNG, JPEG, GIF or WebP image.', 'invalid_image_format')
  }
  if (header === 'broken')
    throw invalidValue(param, 'the header of the image is damaged or cut short.', 'image_parse_error')
  const { format, width, height } = header
  if (width > LONGEST_SIDE || height > LONGEST_SIDE) {
    const size = `${width} x ${height}`
    throw invalidValue(
      param,
      `no side may have more than ${LONGEST_SIDE} pixels, the image has ${size}.`,
      'image_too_large',
    )
  }
  return { type: 'base64', mediaType: `image/${format}`, data }
}

function tooLarge({ length }: string, param: string): ApiError {
  const why = `an image may have ${MOST_BASE64} bytes in base64, this has ${length}.`
  return invalidValue(param, why, 'image_file_too_large')
}

/** As it was given, so that no cache in between takes it for another; but in ASCII, which is all that a URL may be. */
function checkedUrl(url: string, param: string): string {
  if (url.length > LONGEST_URL) {
    throw invalidValue(param, `a URL may have ${LONGEST_URL} characters, this has ${url.length}.`, 'invalid_image_url')
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed?.protocol !== 'https:') {
    throw invalidValue(param, `expected an https URL or a data URL, but got ${quote(url)}.`, 'invalid_image_url')
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw invalidValue(param, 'a URL may not hold a user name or password.', 'invalid_image_url')
  }
  return PLAIN_URL.test(url) ? url : parsed.href
}
