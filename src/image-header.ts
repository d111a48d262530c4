/**
 * What the first bytes of an image say: its format and its sides. Reads only what it needs, a bounded number of times, and
 * takes nothing on trust: the bytes are a stranger's. Our own, since the libraries for it read two dozen more formats, and
 * bytes made for those have kept them busy for ever (GHSA-m5qc-5hw7-8vg7, CVE-2025-71329, GHSA-w3rx-r6r6-pgpr).
 */
export type ImageFormat = 'png' | 'jpeg' | 'gif' | 'webp'

export interface ImageHeader {
  readonly format: ImageFormat
  /** Pixels, at least 1. */
  readonly width: number
  readonly height: number
}

/** Up to `length` bytes from `offset` on; fewer where they end. */
export type ReadBytes = (offset: number, length: number) => Uint8Array

/** A JPEG of 10 MB has some 160 segments of full length before its frame; each is looked at once. */
const MOST_SEGMENTS = 1000
/** The longest fixed header that is read: WebP's. */
const HEAD_BYTES = 30

/** `unknown`: none of the four formats. `broken`: begins as one, but its header is cut short or says nothing sensible. */
export function readImageHeader(read: ReadBytes): ImageHeader | 'unknown' | 'broken' {
  const head = viewOf(read(0, HEAD_BYTES))
  const format = formatOf(head)
  if (format === undefined) return 'unknown'
  const sides = sidesOf(format, head, read)
  if (sides === undefined || sides.width < 1 || sides.height < 1) return 'broken'
  return { format, ...sides }
}

interface Sides {
  readonly width: number
  readonly height: number
}

function formatOf(head: DataView): ImageFormat | undefined {
  if (textAt(head, 0, 8) === '\u0089PNG\r\n\u001a\n') return 'png'
  if (textAt(head, 0, 3) === '\u00ff\u00d8\u00ff') return 'jpeg'
  if (/^GIF8[79]a$/.test(textAt(head, 0, 6))) return 'gif'
  if (textAt(head, 0, 4) === 'RIFF' && textAt(head, 8, 4) === 'WEBP') return 'webp'
  return undefined
}

function sidesOf(format: ImageFormat, head: DataView, read: ReadBytes): Sides | undefined {
  switch (format) {
    case 'png':
      return pngSides(head)
    case 'jpeg':
      return jpegSides(read)
    case 'gif':
      return gifSides(head)
    case 'webp':
      return webpSides(head)
  }
}

/** https://www.w3.org/TR/png-3/#11IHDR: the first chunk, of 13 bytes. */
function pngSides(head: DataView): Sides | undefined {
  if (head.byteLength < 24 || head.getUint32(8) !== 13 || textAt(head, 12, 4) !== 'IHDR') return undefined
  return { width: head.getUint32(16), height: head.getUint32(20) }
}

/** https://www.w3.org/Graphics/GIF/spec-gif89a.txt, section 18: the logical screen. */
function gifSides(head: DataView): Sides | undefined {
  if (head.byteLength < 10) return undefined
  return { width: head.getUint16(6, true), height: head.getUint16(8, true) }
}

/** https://developers.google.com/speed/webp/docs/riff_container, and RFC 6386 section 9.1 for `VP8 `. */
function webpSides(head: DataView): Sides | undefined {
  if (head.byteLength < HEAD_BYTES) return undefined
  switch (textAt(head, 12, 4)) {
    case 'VP8 ':
      if (textAt(head, 23, 3) !== '\u009d\u0001\u002a') return undefined
      return { width: head.getUint16(26, true) & 0x3fff, height: head.getUint16(28, true) & 0x3fff }
    case 'VP8L': {
      if (head.getUint8(20) !== 0x2f) return undefined
      const bits = head.getUint32(21, true)
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
    }
    case 'VP8X':
      return { width: uint24(head, 24) + 1, height: uint24(head, 27) + 1 }
    default:
      return undefined
  }
}

/** https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B: segments up to the frame header, which has the sides. */
function jpegSides(read: ReadBytes): Sides | undefined {
  let offset = 2
  for (let segments = 0; segments < MOST_SEGMENTS; segments += 1) {
    const segment = viewOf(read(offset, 9))
    if (segment.byteLength < 4 || segment.getUint8(0) !== 0xff) return undefined
    const marker = segment.getUint8(1)
    if (isFrame(marker)) {
      return segment.byteLength < 9 ? undefined : { width: segment.getUint16(7), height: segment.getUint16(5) }
    }
    // Any number of fill bytes may stand before a marker; some markers stand alone.
    if (marker === 0xff) offset += 1
    else if (isAlone(marker)) offset += 2
    else if (marker === START_OF_SCAN || marker === END_OF_IMAGE) return undefined
    else offset += 2 + Math.max(2, segment.getUint16(2))
  }
  return undefined
}

const START_OF_SCAN = 0xda
const END_OF_IMAGE = 0xd9

/** Of the sixteen places of frames three are taken by other segments. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}

function isAlone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)
}

function uint24(view: DataView, offset: number): number {
  return view.getUint16(offset, true) | (view.getUint8(offset + 2) << 16)
}

/** A character a byte; shorter where the bytes end. */
function textAt(view: DataView, offset: number, length: number): string {
  let text = ''
  for (let at = offset; at < Math.min(offset + length, view.byteLength); at += 1) {
    text += String.fromCharCode(view.getUint8(at))
  }
  return text
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
