import { createHash } from 'node:crypto'
import { ApiError } from '../errors.ts'
import { extensionsOf } from './extensions.ts'
import type { Idempotency } from './request-context.ts'

const HEADER = 'idempotency-key'
const LONGEST = 255

/** Reads the key before the body, and makes the fingerprint while the body comes. */
export interface IdempotencyReader {
  hear(piece: Uint8Array): void
  /** When the body is there. */
  read(): Idempotency
}

/**
 * @param route the route's pattern, which is the same for its aliases
 * @returns undefined for a request without an `Idempotency-Key`
 * @throws ApiError `invalid_value`
 */
export function readIdempotency(headers: Headers, route: string): IdempotencyReader | undefined {
  const key = headers.get(HEADER)
  if (key === null) return undefined
  if (!/^[ -~]+$/.test(key) || key.length > LONGEST) {
    throw new ApiError('invalid_value', {
      message: `The header Idempotency-Key must be 1 to ${LONGEST} printable ASCII characters.`,
      param: HEADER,
    })
  }
  const extensions = Object.entries(extensionsOf(headers)).toSorted(([left], [right]) => (left < right ? -1 : 1))
  const hash = createHash('sha256').update(JSON.stringify([route, extensions]))
  return {
    hear: (piece) => void hash.update(piece),
    read: () => ({ key, fingerprint: hash.digest('hex') }),
  }
}
