/** Base64 as clients write it, checked in little time: it may be many megabytes. */

const FOREIGN = /[^A-Za-z0-9+/]/
/** Neither white space nor a character of ASCII that can be seen. */
const NO_PLAIN_TEXT = /[^\t-\r -~]/
const SPACE = 0x20

/**
 * In the standard alphabet (RFC 4648, section 4) and padded, as the model API wants it. White space, missing padding and
 * the alphabet for URLs are mended.
 * @returns undefined for what is not base64
 */
export function normalBase64(text: string): string | undefined {
  if (isNormal(text)) return text
  if (NO_PLAIN_TEXT.test(text)) return undefined
  const plain = withoutPadding(withoutSpace(text)).replaceAll('-', '+').replaceAll('_', '/')
  return FOREIGN.test(plain) ? undefined : padded(plain)
}

/** What is well made is decoded to its full length. To look for other characters takes ten times as long. */
function isNormal(text: string): boolean {
  if (text.length % 4 !== 0 || text.includes('-') || text.includes('_')) return false
  // The decoder looks at the low byte of each character alone.
  if (Buffer.byteLength(text) !== text.length) return false
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return Buffer.from(text, 'base64').length === (text.length / 4) * 3 - padding
}

/** Byte by byte: a regular expression takes a second for 10 MB with a space in every other place. */
function withoutSpace(text: string): string {
  const bytes = Buffer.from(text, 'latin1')
  let length = 0
  for (const byte of bytes) {
    if (byte <= SPACE) continue
    bytes[length] = byte
    length += 1
  }
  return bytes.toString('latin1', 0, length)
}

/** Not `/=+$/`, which looks at a long run of them again from each. */
function withoutPadding(text: string): string {
  let end = text.length
  while (text.endsWith('=', end)) end -= 1
  return text.slice(0, end)
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
