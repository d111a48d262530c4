/** Base64 as clients write it, checked without decoding it: it may be many megabytes. */

const FOREIGN = /[^A-Za-z0-9+/]/
const PADDING = /^={1,2}$/

/**
 * In the standard alphabet (RFC 4648, section 4) and padded, as the model API wants it. White space, missing padding and
 * the alphabet for URLs are mended.
 * @returns undefined for what is not base64
 */
export function normalBase64(text: string): string | undefined {
  const end = text.search(FOREIGN)
  if (end === -1) return padded(text)
  // `slice` copies nothing, so that what is well made costs one look.
  if (text.length % 4 === 0 && PADDING.test(text.slice(end))) return text
  const plain = text.replace(/\s+/g, '').replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/')
  return FOREIGN.test(plain) ? undefined : padded(plain)
}

function padded(text: string): string | undefined {
  const rest = text.length % 4
  if (rest === 1) return undefined
  return rest === 0 ? text : text + '='.repeat(4 - rest)
}

/** Up to `length` of its bytes from `offset` on, without decoding the rest. */
export function decodeAt(data: string, offset: number, length: number): Uint8Array {
  const first = Math.floor(offset / 3)
  const last = Math.ceil((offset + length) / 3)
  const bytes = Buffer.from(data.slice(first * 4, last * 4), 'base64')
  return bytes.subarray(offset - first * 3, offset - first * 3 + length)
}
