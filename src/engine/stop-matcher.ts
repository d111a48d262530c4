/**
 * Ends a text where one of several sequences begins. The model API does that itself, but for sequences of white space,
 * which it refuses.
 */
export interface StopMatcher {
  /** What of a text and of what is held back may go out, and whether a sequence has come. */
  push(text: string): { readonly text: string; readonly stopped: boolean }
  /** What is still held back, where no sequence came. */
  end(): string
}

/** @param sequences none of them empty */
export function createStopMatcher(sequences: readonly string[]): StopMatcher {
  let held = ''
  return {
    push(text) {
      held += text
      const match = firstMatch(held, sequences)
      if (match !== undefined) {
        const kept = held.slice(0, match.begin)
        held = ''
        return { text: kept, stopped: true }
      }
      const kept = held.length - longestBeginning(held, sequences)
      const out = held.slice(0, kept)
      held = held.slice(kept)
      return { text: out, stopped: false }
    },
    end() {
      const rest = held
      held = ''
      return rest
    },
  }
}

/** The one that is complete first, as it would be seen character by character; of several the longest. */
function firstMatch(text: string, sequences: readonly string[]): { begin: number; end: number } | undefined {
  const [first] = sequences
    .map((sequence) => ({ begin: text.indexOf(sequence), end: text.indexOf(sequence) + sequence.length }))
    .filter(({ begin }) => begin !== -1)
    .toSorted((left, right) => left.end - right.end || left.begin - right.begin)
  return first
}

/** How many characters at the end of a text may become one of the sequences. */
function longestBeginning(text: string, sequences: readonly string[]): number {
  const longest = Math.max(0, ...sequences.map((sequence) => sequence.length - 1))
  for (let length = Math.min(longest, text.length); length > 0; length -= 1) {
    const end = text.slice(-length)
    if (sequences.some((sequence) => sequence.startsWith(end))) return length
  }
  return 0
}
