/** Images of a few pixels, made byte by byte. */
import { crc32, deflateSync } from 'node:zlib'

/** A gray PNG; `noise` makes it hard to compress. */
export function pngImage(width: number, height: number, { noise = false } = {}): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 8
  const rows = Buffer.alloc((width + 1) * height)
  if (noise) fillWithNoise(rows)
  // Each row begins with its filter: none.
  for (let row = 0; row < height; row += 1) rows[row * (width + 1)] = 0
  const parts = [pngChunk('IHDR', header), pngChunk('IDAT', deflateSync(rows)), pngChunk('IEND', Buffer.alloc(0))]
  return Buffer.concat([Buffer.from('\u0089PNG\r\n\u001a\n', 'latin1'), ...parts])
}

/** The same at every run. */
function fillWithNoise(bytes: Buffer): void {
  let state = 1
  for (let at = 0; at < bytes.length; at += 1) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[at] = state
  }
}

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const chunk = Buffer.alloc(body.length + 8)
  chunk.writeUInt32BE(data.length, 0)
  body.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(body), body.length + 4)
  return chunk
}

/** A GIF's logical screen. */
export function gifHeader(width: number, height: number, version = '89a'): Buffer {
  const header = Buffer.from(`GIF${version}\0\0\0\0\0\0\0`, 'latin1')
  header.writeUInt16LE(width, 6)
  header.writeUInt16LE(height, 8)
  return header
}

/** A JPEG up to its frame header, behind `segments` such as EXIF data. */
export function jpegHeader(width: number, height: number, ...segments: Buffer[]): Buffer {
  const frame = Buffer.from([0xff, 0xc0, 0, 11, 8, 0, 0, 0, 0, 1, 1, 0x11, 0])
  frame.writeUInt16BE(height, 5)
  frame.writeUInt16BE(width, 7)
  return Buffer.concat([Buffer.from([0xff, 0xd8]), ...segments, frame])
}

/** An APP1 segment of so many bytes. */
export function jpegSegment(bytes: number): Buffer {
  const segment = Buffer.alloc(bytes + 2, 0xff)
  segment.writeUInt16BE(0xffe1, 0)
  segment.writeUInt16BE(bytes, 2)
  return segment
}

/** A WebP's first chunk: lossy, lossless or extended. */
export function webpHeader(kind: 'VP8 ' | 'VP8L' | 'VP8X', width: number, height: number): Buffer {
  const bytes = Buffer.alloc(30)
  bytes.write('RIFF', 0, 'latin1')
  bytes.write(`WEBP${kind}`, 8, 'latin1')
  switch (kind) {
    case 'VP8 ':
      bytes.writeUIntBE(0x9d012a, 23, 3)
      bytes.writeUInt16LE(width, 26)
      bytes.writeUInt16LE(height, 28)
      return bytes
    case 'VP8L':
      bytes[20] = 0x2f
      bytes.writeUInt32LE((width - 1) | ((height - 1) << 14), 21)
      return bytes
    case 'VP8X':
      bytes.writeUIntLE(width - 1, 24, 3)
      bytes.writeUIntLE(height - 1, 27, 3)
      return bytes
  }
}

export function dataUrl(bytes: Buffer, type = 'image/png'): string {
  return `data:${type};base64,${bytes.toString('base64')}`
}
