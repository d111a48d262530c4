/**
 * Ends a text where one of several sequences begins. The model API does that itself, but for sequences of white space,
 * which it refuses. Looks at each character once for each sequence, however long and repetitive it is (Knuth, Morris,
 * Pratt).
 */
export interface StopMatcher {
  /** What of a text and of what is held back may go out, and whether a sequence has come. */
  push(text: string): { readonly text: string; readonly stopped: boolean }
  /** What is still held back, where no sequence came. */
  end(): string
}

/** @param sequences none of them empty */
export function createStopMatcher(sequences: readonly string[]): StopMatcher {
  // The longest first: of several that are complete at the same character it counts.
  const prefixes = sequences.toSorted((left, right) => right.length - left.length).map(createPrefix)
  const held = (): string =>
    prefixes.reduce((longest, { seen }) => (seen().length > longest.length ? seen() : longest), '')
  return {
    push(text) {
      const before = held()
      const out = (length: number): string =>
        length <= before.length ? before.slice(0, length) : before + text.slice(0, length - before.length)
      for (let at = 0; at < text.length; at += 1) {
        for (const prefix of prefixes) prefix.take(text.charCodeAt(at))
        const complete = prefixes.find((prefix) => prefix.isWhole())
        if (complete === undefined) continue
        for (const prefix of prefixes) prefix.forget()
        return { text: out(before.length + at + 1 - complete.sequence.length), stopped: true }
      }
      return { text: out(before.length + text.length - held().length), stopped: false }
    },
    end() {
      const rest = held()
      for (const prefix of prefixes) prefix.forget()
      return rest
    },
  }
}

/** How much of a sequence stands at the end of what has come so far. */
interface Prefix {
  readonly sequence: string
  take(code: number): void
  isWhole(): boolean
  seen(): string
  forget(): void
}

function createPrefix(sequence: string): Prefix {
  const shorter = shorterPrefixes(sequence)
  let length = 0
  return {
    sequence,
    take: (code) => {
      length = extend(sequence, shorter, length, code)
    },
    isWhole: () => length === sequence.length,
    seen: () => sequence.slice(0, length),
    forget: () => {
      length = 0
    },
  }
}

/** For each length of a beginning of the sequence: how long the longest shorter one is with which it ends. */
function shorterPrefixes(sequence: string): Uint32Array {
  const shorter = new Uint32Array(sequence.length + 1)
  for (let at = 1; at < sequence.length; at += 1) {
    shorter[at + 1] = extend(sequence, shorter, shorter[at] ?? 0, sequence.charCodeAt(at))
  }
  return shorter
}

function extend(sequence: string, shorter: Uint32Array, from: number, code: number): number {
  let length = from
  while (length > 0 && sequence.charCodeAt(length) !== code) length = shorter[length] ?? 0
  return sequence.charCodeAt(length) === code ? length + 1 : 0
}
