import { createHash } from 'node:crypto'

/** The signature of a thinking block. The real API's are opaque too: a caller hands them back as they came, or is refused. */
export function signThinking(thinking: string): string {
  return createHash('sha256').update('demo thinking\n').update(thinking).digest('base64')
}
