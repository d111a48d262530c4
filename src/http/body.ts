/**
 * Reads a JSON body within its limits. Decoding and the check of depth and number of values run piece by piece as the body
 * arrives, and between JSON.parse and what follows others have their turn: for 19 MB in 2,000 messages each holds the event
 * loop for some 40 ms (2 cores). Parsing in a thread would save little: taking over what was parsed costs the event loop half as much as parsing.
 */
import { setImmediate as others } from 'node:timers/promises'
import { TextDecoder } from 'node:util'
import { ApiError } from '../errors.ts'
import { createJsonMeter } from '../json-meter.ts'
import { orAborted } from './until-aborted.ts'

const MAX_DEPTH = 64
/** No endpoint checks more than this (wire/parse.ts), and an object of a million keys takes 2 s to parse. */
const MAX_VALUES = 60_000
/** From this length on parsing takes milliseconds. */
const LONG = 1_000_000

export interface BodyReading {
  readonly maxBytes: number
  readonly signal: AbortSignal
  /** Told of bytes before they are kept, of declared ones before they come. What it throws ends the reading. */
  readonly take?: (bytes: number) => void
  /** Told of each piece as it came. */
  readonly hear?: (piece: Uint8Array) => void
}

/**
 * @throws ApiError `unsupported_content_type`, `request_too_large`, `invalid_json`, or the signal's reason
 */
export async function readJsonBody(
  request: Request,
  { maxBytes, signal, take = () => undefined, hear = () => undefined }: BodyReading,
): Promise<Readonly<Record<string, unknown>>> {
  checkContentType(request.headers)
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > maxBytes) throw tooLarge(maxBytes)
  if (declared > 0) take(declared)
  const text = await readText(request, { maxBytes, signal, take: declared > 0 ? () => undefined : take, hear })
  const body = parse(text)
  if (text.length > LONG) await others()
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
async function readText(request: Request, reading: Required<BodyReading>): Promise<string> {
  const { maxBytes, signal, take, hear } = reading
  if (request.body === null) throw new ApiError('invalid_json', { message: 'The body is empty.' })
  const reader = request.body.getReader()
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const meter = createJsonMeter()
  let size = 0
  let text = ''
  for (;;) {
    const piece = await orAborted(reader.read(), signal)
    if (piece.done) break
    size += piece.value.byteLength
    if (size > maxBytes) throw tooLarge(maxBytes)
    take(piece.value.byteLength)
    hear(piece.value)
    const { depth, values } = meter.feed(piece.value)
    if (depth > MAX_DEPTH) {
      throw new ApiError('invalid_json', { message: `The body nests deeper than ${MAX_DEPTH} levels.` })
    }
    if (values > MAX_VALUES) {
      throw new ApiError('request_too_large', { message: `The body holds more than ${MAX_VALUES} values.` })
    }
    text += decode(decoder, piece.value)
  }
  if (size === 0) throw new ApiError('invalid_json', { message: 'The body is empty.' })
  return text + decode(decoder)
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
