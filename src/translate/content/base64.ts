/** Base64 as clients write it, checked in little time: it may be many megabytes. */

const TAB = 0x09
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20

/**
 * In the standard alphabet (RFC 4648, section 4) and padded, as the model API wants it. White space, missing padding and
 * the alphabet for URLs are mended.
 * @returns undefined for what is not base64
 */
export function normalBase64(text: string): string | undefined {
  // The decoder looks at the low byte of each character alone.
  if (Buffer.byteLength(text) !== text.length) return undefined
  if (isNormal(text)) return text
  const plain = withPadding(withoutPadding(withoutSpace(text)).replaceAll('-', '+').replaceAll('_', '/'))
  return isNormal(plain) ? plain : undefined
}

/** What is well made is decoded to its full length. A regular expression takes ten times as long. */
function isNormal(text: string): boolean {
  if (text.length % 4 !== 0 || text.includes('-') || text.includes('_')) return false
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return Buffer.from(text, 'base64').length === (text.length / 4) * 3 - padding
}

/**
 * Byte by byte: a regular expression takes a second for 10 MB with a space in every other place. By index: an iterator takes
 * 200 ms for 18 MB, this 50 ms.
 */
function withoutSpace(text: string): string {
  const bytes = Buffer.from(text, 'latin1')
  let length = 0
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte === SPACE || (byte >= TAB && byte <= CARRIAGE_RETURN)) continue
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

function withPadding(text: string): string {
  const rest = text.length % 4
  return rest < 2 ? text : text + '='.repeat(4 - rest)
}

/** Up to `length` of its bytes from `offset` on, without decoding the rest. */
export function decodeAt(data: string, offset: number, length: number): Uint8Array {
  const first = Math.floor(offset / 3)
  const last = Math.ceil((offset + length) / 3)
  const bytes = Buffer.from(data.slice(first * 4, last * 4), 'base64')
  return bytes.subarray(offset - first * 3, offset - first * 3 + length)
}
