/**
 * Reads a JSON body within its limits. Decoding and the check of depth and number of values run piece by piece as the body
 * arrives, and before and after JSON.parse others have their turn: for 19 MB in 2,000 messages each step holds the event
 * loop for some 40 ms (2 cores), and bodies that come at a time are parsed one by one. Parsing in a thread would save little:
 * taking over what was parsed costs the event loop half as much as parsing.
 */
import { setImmediate as others } from 'node:timers/promises'
import { TextDecoder } from 'node:util'
import { ApiError } from '../errors.ts'
import { createJsonMeter, type JsonMeter } from '../json-meter.ts'
import type { InTurn } from '../one-by-one.ts'
import { orAborted } from './until-aborted.ts'

const MAX_DEPTH = 64
/** No endpoint checks more than this (wire/parse.ts), and an object of a million keys takes 2 s to parse. */
const MAX_VALUES = 60_000
/**
 * Each piece costs some 7 µs, whatever is in it: 18 MB in chunks of one byte would take two minutes, and a gigabyte. Beyond
 * so many they have to have some bytes in the mean.
 */
const MOST_PIECES = 5_000
const LEAST_OF_PIECE = 64
/** What each value takes in memory besides its text. */
const BYTES_OF_VALUE = 100
/** From this length on parsing takes milliseconds, and from so many values on. */
const LONG = 1_000_000
const MANY = 5_000

export interface BodyReading {
  readonly maxBytes: number
  readonly signal: AbortSignal
  /** Waits for the turn of a long one to be parsed. */
  readonly inTurn?: InTurn
  /**
   * Told of bytes before they are kept, of declared ones before they come, and of what the values in them will take. What it
   * throws ends the reading.
   */
  readonly take?: (bytes: number) => void
  /** Told of each piece as it came. */
  readonly hear?: (piece: Uint8Array) => void
}

/**
 * @throws ApiError `unsupported_content_type`, `request_too_large`, `invalid_json`, or the signal's reason
 */
export async function readJsonBody(
  request: Request,
  { maxBytes, signal, inTurn = others, take = () => undefined, hear = () => undefined }: BodyReading,
): Promise<Readonly<Record<string, unknown>>> {
  checkContentType(request.headers)
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > maxBytes) throw tooLarge(maxBytes)
  if (declared > 0) take(declared)
  const { text, values } = await readText(request, { maxBytes, signal, take, hear, isDeclared: declared > 0 })
  const isLong = text.length > LONG || values > MANY
  if (isLong) await orAborted(inTurn(), signal)
  const body = parse(text)
  if (isLong) await others()
  if (!isObject(body)) throw new ApiError('invalid_json', { message: 'The body must be a JSON object.' })
  return body
}

function checkContentType(headers: Headers): void {
  const type = (headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/json') throw new ApiError('unsupported_content_type')
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (encoding !== 'identity') {
    throw new ApiError('unsupported_content_type', { message: 'A compressed body is not supported.' })
  }
}

/** Stops reading at a limit without cancelling the stream: cancelling would cut the connection before the answer is out. */
async function readText(
  request: Request,
  {
    maxBytes,
    signal,
    take,
    hear,
    isDeclared,
  }: Required<Omit<BodyReading, 'inTurn'>> & { readonly isDeclared: boolean },
): Promise<{ readonly text: string; readonly values: number }> {
  if (request.body === null) throw new ApiError('invalid_json', { message: 'The body is empty.' })
  const reader = request.body.getReader()
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const meter = createJsonMeter()
  let size = 0
  let pieces = 0
  let values = 0
  let text = ''
  for (;;) {
    const piece = await orAborted(reader.read(), signal)
    if (piece.done) break
    size += piece.value.byteLength
    pieces += 1
    if (size > maxBytes) throw tooLarge(maxBytes)
    if (pieces > MOST_PIECES && size < pieces * LEAST_OF_PIECE)
      throw new ApiError('bad_request', { message: 'The body comes in too many small chunks.' })
    if (!isDeclared) take(piece.value.byteLength)
    hear(piece.value)
    const measured = meter.feed(piece.value)
    checkShape(measured)
    take((measured.values - values) * BYTES_OF_VALUE)
    values = measured.values
    text += decode(decoder, piece.value)
  }
  if (size === 0) throw new ApiError('invalid_json', { message: 'The body is empty.' })
  return { text: text + decode(decoder), values }
}

function checkShape({ depth, values }: ReturnType<JsonMeter['feed']>): void {
  if (depth > MAX_DEPTH) {
    throw new ApiError('invalid_json', { message: `The body nests deeper than ${MAX_DEPTH} levels.` })
  }
  if (values > MAX_VALUES) {
    throw new ApiError('request_too_large', { message: `The body holds more than ${MAX_VALUES} values.` })
  }
}

function decode(decoder: TextDecoder, bytes?: Uint8Array): string {
  try {
    return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true })
  } catch (cause) {
    throw new ApiError('invalid_json', { message: 'The body is not valid UTF-8.', cause })
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the body, which may hold secrets: it is not even a cause for the log.
    throw new ApiError('invalid_json')
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function tooLarge(maxBytes: number): ApiError {
  return new ApiError('request_too_large', { message: `The body is larger than ${maxBytes} bytes.` })
}
