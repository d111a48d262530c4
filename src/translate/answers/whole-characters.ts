/** Keeps the two halves of a character beyond U+FFFF together when a model's words are cut between them. */
import { replaceHalves } from '../replace-halves.ts'

export interface WholeCharacters {
  /** The text that is complete so far; the first half of a pair at its end waits for the next piece. */
  push(piece: string): string
  /** What still waits. A half that stayed alone has no UTF-8 form and becomes U+FFFD. */
  end(): string
}

export function createWholeCharacters(): WholeCharacters {
  let held = ''
  return {
    push(piece) {
      const text = held + piece
      held = /[\uD800-\uDBFF]$/.test(text) ? text.slice(-1) : ''
      return replaceHalves(text.slice(0, text.length - held.length))
    },
    end() {
      const rest = replaceHalves(held)
      held = ''
      return rest
    },
  }
}
