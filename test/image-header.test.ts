import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readImageHeader } from '../src/image-header.ts'
import { gifHeader, jpegHeader, jpegSegment, pngImage, webpHeader } from './support/images.ts'

function headerOf(bytes: Uint8Array): { header: ReturnType<typeof readImageHeader>; reads: number } {
  let reads = 0
  const header = readImageHeader((offset, length) => {
    reads += 1
    return bytes.subarray(offset, offset + length)
  })
  return { header, reads }
}

describe('the sides of an image', () => {
  const fill = Buffer.from([0xff, 0xff])
  const alone = Buffer.from([0xff, 0xd0, 0xff, 0x01])
  it.each<[string, Buffer, object]>([
    ['a PNG', pngImage(3, 2), { format: 'png', width: 3, height: 2 }],
    ['a GIF of 1987', gifHeader(500, 3, '87a'), { format: 'gif', width: 500, height: 3 }],
    ['a GIF of 1989', gifHeader(1, 65_535), { format: 'gif', width: 1, height: 65_535 }],
    ['a JPEG', jpegHeader(640, 480), { format: 'jpeg', width: 640, height: 480 }],
    [
      'a JPEG behind megabytes of other data',
      jpegHeader(640, 480, ...Array.from({ length: 60 }, () => jpegSegment(65_535))),
      { format: 'jpeg', width: 640, height: 480 },
    ],
    ['a JPEG with fill bytes', jpegHeader(9, 8, fill, alone, jpegSegment(2)), { format: 'jpeg', width: 9, height: 8 }],
    ['a lossy WebP', webpHeader('VP8 ', 16_383, 2), { format: 'webp', width: 16_383, height: 2 }],
    ['a lossless WebP', webpHeader('VP8L', 16_384, 16_384), { format: 'webp', width: 16_384, height: 16_384 }],
    ['an extended WebP', webpHeader('VP8X', 16_777_216, 70_000), { format: 'webp', width: 16_777_216, height: 70_000 }],
  ])('are read from %s', (_, bytes, expected) => {
    expect(headerOf(bytes).header).toEqual(expected)
  })

  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('hello')],
    ['a BMP', Buffer.from('BM\0\0\0\0')],
    ['a sound in the same container', Buffer.from('RIFF\0\0\0\0WAVEfmt ')],
    ['a PNG with its line ends changed', Buffer.from('\u0089PNG\n\u001a\n', 'latin1')],
  ])('are unknown for %s', (_, bytes) => {
    expect(headerOf(bytes).header).toBe('unknown')
  })

  it.each<[string, Buffer]>([
    ['a PNG that is cut short', pngImage(3, 2).subarray(0, 23)],
    ['a PNG without width', pngImage(0, 2)],
    [
      'a PNG whose first chunk is another',
      Buffer.from(pngImage(3, 2).toString('latin1').replace('IHDR', 'CgBI'), 'latin1'),
    ],
    ['a GIF that is cut short', gifHeader(3, 2).subarray(0, 9)],
    ['a GIF without height', gifHeader(3, 0)],
    ['a JPEG that ends before its frame', jpegHeader(3, 2).subarray(0, 10)],
    ['a JPEG whose image begins before its frame', jpegHeader(3, 2, Buffer.from([0xff, 0xda, 0, 2]))],
    ['a JPEG whose segment ends outside of it', Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff])],
    ['a JPEG of other bytes', Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0, 2, 1, 2, 3, 4])],
    ['a WebP that is cut short', webpHeader('VP8X', 3, 2).subarray(0, 29)],
    ['a lossy WebP without its mark', webpHeader('VP8 ', 3, 2).fill(0, 23, 26)],
    ['a lossless WebP without its mark', webpHeader('VP8L', 3, 2).fill(0, 20, 21)],
    ['a WebP that begins with another chunk', Buffer.from(webpHeader('VP8X', 3, 2).fill('ALPH', 12, 16))],
  ])('are not to be had from %s', (_, bytes) => {
    expect(headerOf(bytes).header).toBe('broken')
  })
})

describe('hostile bytes', () => {
  const magic = fc.constantFrom('', '\u0089PNG\r\n\u001a\n', '\u00ff\u00d8\u00ff', 'GIF89a', 'RIFF\0\0\0\0WEBPVP8L')
  it('give a header with sides or none, in a bounded number of reads', () => {
    fc.assert(
      fc.property(magic, fc.uint8Array({ maxLength: 4000 }), (start, rest) => {
        const { header, reads } = headerOf(Buffer.concat([Buffer.from(start, 'latin1'), rest]))
        if (typeof header !== 'string') expect(Math.min(header.width, header.height)).toBeGreaterThanOrEqual(1)
        expect(reads).toBeLessThanOrEqual(1001)
      }),
    )
  })

  it.each([
    ['empty segments', Buffer.alloc(4_000_000, Buffer.from([0xff, 0xe1, 0, 0]))],
    ['fill', Buffer.alloc(4_000_000, 0xff)],
  ])('without end, such as %s, are given up on', (_, bytes) => {
    const { header, reads } = headerOf(Buffer.concat([Buffer.from([0xff, 0xd8]), bytes]))
    expect(header).toBe('broken')
    expect(reads).toBeLessThanOrEqual(1001)
  })
})
