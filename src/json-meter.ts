const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_ARRAY = 0x5b
const OPEN_OBJECT = 0x7b
const CLOSE_ARRAY = 0x5d
const CLOSE_OBJECT = 0x7d
const COMMA = 0x2c
const SPACE = 0x20

/**
 * How deep arrays and objects nest in JSON that arrives in pieces, and how many values are in them. Looks at bytes, so that
 * it costs the stack nothing, and before anything is parsed: an object of a million keys takes 2 s.
 */
export interface JsonMeter {
  /** The deepest nesting and the number of all values inside of others so far, this piece included. */
  feed(bytes: Uint8Array): { readonly depth: number; readonly values: number }
}

export function createJsonMeter(): JsonMeter {
  let depth = 0
  let deepest = 0
  let values = 0
  let isInString = false
  /** Nothing has come of an array or object that began: it may be empty. */
  let isFresh = false
  /** Bytes at the start of the next piece that a backslash at the end of this one escapes. */
  let skip = 0

  return {
    feed(bytes) {
      const { length } = bytes
      const nextQuote = createFinder(bytes, QUOTE)
      const nextBackslash = createFinder(bytes, BACKSLASH)
      let at = skip
      while (at < length) {
        if (isInString) {
          const quote = nextQuote(at)
          const backslash = nextBackslash(at)
          if (backslash < quote) at = backslash + 2
          else {
            isInString = quote === length
            at = isInString ? length : quote + 1
          }
          continue
        }
        const byte = bytes[at] ?? 0
        at += 1
        // White space, and what JSON has no place for.
        if (byte <= SPACE) continue
        const isClosing = byte === CLOSE_ARRAY || byte === CLOSE_OBJECT
        if (byte === COMMA || (isFresh && !isClosing)) values += 1
        isFresh = byte === OPEN_ARRAY || byte === OPEN_OBJECT
        if (byte === QUOTE) isInString = true
        else if (isFresh) {
          depth += 1
          if (depth > deepest) deepest = depth
        } else if (isClosing) depth -= 1
      }
      skip = at - length
      return { depth: deepest, values }
    },
  }
}

/** Where `byte` comes next, from a place on that never goes back; the length when it does not. */
function createFinder(bytes: Uint8Array, byte: number): (from: number) => number {
  let found = -1
  return (from) => {
    if (found < from) {
      const index = bytes.indexOf(byte, from)
      found = index === -1 ? bytes.length : index
    }
    return found
  }
}
