/**
 * The JSON in an answer that was asked for by words: models put a Markdown fence around it, or say something first. Piece
 * by piece, wherever the pieces end.
 */
import type { TurnEvent } from '../../turn/turn-event.ts'
import type { Reading } from './reading.ts'

/** With what the JSON begins: `{` for an object, `[` for a list, either where both will do, and a word or a number otherwise. */
export type JsonStart = 'object' | 'array' | 'structure' | 'any'

export interface JsonText {
  /** The JSON as far as it is known. */
  push(piece: string): string
  /** What is still held; all of the text where no JSON was found in it. */
  end(): string
}

const OPENERS = { object: /\{/, array: /\[/, structure: /[{[]/, any: undefined } as const

export function createJsonText(start: JsonStart): JsonText {
  const opener = OPENERS[start]
  return opener === undefined ? createWholeText() : createValueText(opener)
}

/** A word, a number or a string is short, and does not say where it ends: it is held to the end. */
function createWholeText(): JsonText {
  let held = ''
  return {
    push(piece) {
      held += piece
      return ''
    },
    end() {
      const text = (fenced(held) ?? held).trim()
      held = ''
      return text
    },
  }
}

/** Step by step: one regular expression for all of it takes minutes where white space goes on for long. */
function fenced(text: string): string | undefined {
  const opening = /```[a-z]*[^\S\n]*\n/i.exec(text)
  if (opening === null) return undefined
  const begin = opening.index + opening[0].length
  const end = text.indexOf('```', begin)
  return end === -1 ? undefined : text.slice(begin, end)
}

/** From the first bracket to the one that closes it. */
function createValueText(opener: RegExp): JsonText {
  const scanner = createScanner()
  let held = ''
  let state: 'before' | 'inside' | 'after' = 'before'

  const inside = (text: string): string => {
    const end = scanner.scan(text)
    if (end === undefined) return text
    state = 'after'
    return text.slice(0, end)
  }
  return {
    push(piece) {
      if (state === 'inside') return inside(piece)
      if (state === 'after') return ''
      const from = piece.search(opener)
      if (from === -1) {
        held += piece
        return ''
      }
      held = ''
      state = 'inside'
      return inside(piece.slice(from))
    },
    end() {
      const rest = held
      held = ''
      return rest
    },
  }
}

/** Knows how deep a text is in brackets, and what of it stands in strings. */
function createScanner(): { scan(text: string): number | undefined } {
  let depth = 0
  let inString = false
  let escaped = false
  return {
    /** Where the value ends in this piece, if it does. */
    scan(text) {
      for (let index = 0; index < text.length; index += 1) {
        const character = text[index]
        if (escaped) escaped = false
        else if (inString) {
          escaped = character === '\\'
          inString = character !== '"'
        } else if (character === '"') inString = true
        else if (character === '{' || character === '[') depth += 1
        else if (character === '}' || character === ']') {
          depth -= 1
          if (depth === 0) return index + 1
        }
      }
      return undefined
    },
  }
}

/** An answer by calls keeps what is said beside them as it is. */
export function readJsonText(start: JsonStart): Reading {
  return async function* (events): AsyncGenerator<TurnEvent> {
    const json = createJsonText(start)
    const say = (text: string): TurnEvent[] => (text === '' ? [] : [{ type: 'text', text }])
    for await (const event of events) {
      if (event.type === 'text') yield* say(json.push(event.text))
      else {
        if (event.type === 'tool_call' || event.type === 'finish') yield* say(json.end())
        yield event
      }
    }
  }
}
