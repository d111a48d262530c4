/** A custom tool takes free text. For the model it is a function of one string, in which the text is wrapped. */
import type { JsonObject } from '../../turn/json.ts'
import type { Tool } from '../../turn/turn.ts'
import type { ChatTool } from '../../wire/tool.ts'
import { replaceHalves } from '../replace-halves.ts'
import { createWholeCharacters, type WholeCharacters } from '../answers/whole-characters.ts'

type CustomTool = Extract<ChatTool, { type: 'custom' }>['custom']

const INPUT_SCHEMA: JsonObject = {
  type: 'object',
  properties: { input: { type: 'string' } },
  required: ['input'],
  additionalProperties: false,
}

/** A grammar is told to the model, which may still leave it: nothing enforces it. */
export function customTool({ name, description, format }: CustomTool): Tool {
  const parts = description ? [description] : []
  if (format?.type === 'grammar') {
    const { syntax, definition } = format.grammar
    parts.push(
      `The input has to match this ${syntax === 'regex' ? 'regular expression' : 'Lark grammar'}:\n${definition}`,
    )
  }
  const text = replaceHalves(parts.join('\n\n'))
  return { name, ...(text === '' ? {} : { description: text }), inputSchema: INPUT_SCHEMA }
}

/** What a custom tool was called with, as the arguments of its function. */
export function wrapInput(input: string): JsonObject {
  return { input: replaceHalves(input) }
}

/** How the arguments begin, up to the text. */
const OPENING = /^\s*\{\s*"input"\s*:\s*"/
/** A piece of the text as JSON writes it: plain, escaped, or the quote that ends it. */
const PIECE = /[^"\\]+|\\u[0-9a-fA-F]{4}|\\[^u]|"/y
const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/** Arguments go in piece by piece as the model writes them, and the text that is wrapped in them comes out. */
export function createInputReader(): WholeCharacters {
  const characters = createWholeCharacters()
  let state: 'before' | 'inside' | 'after' = 'before'
  let held = ''
  return {
    push(json) {
      if (state === 'after') return ''
      held += json
      if (state === 'before') {
        const opening = OPENING.exec(held)
        if (opening === null) return ''
        held = held.slice(opening[0].length)
        state = 'inside'
      }
      const { text, rest, ended } = readString(held)
      held = rest
      if (ended) state = 'after'
      return characters.push(text)
    },
    end() {
      const rest = state === 'before' ? inputOf(held) : ''
      state = 'after'
      return characters.push(rest) + characters.end()
    },
  }
}

/** `rest` is an escape whose end has not come yet. */
function readString(json: string): { text: string; rest: string; ended: boolean } {
  const piece = new RegExp(PIECE)
  let text = ''
  let read = 0
  for (let match = piece.exec(json); match !== null; match = piece.exec(json)) {
    const [token] = match
    read = piece.lastIndex
    if (token === '"') return { text, rest: '', ended: true }
    text += token.startsWith('\\') ? unescape(token) : token
  }
  return { text, rest: json.slice(read), ended: false }
}

function unescape(token: string): string {
  const letter = token.charAt(1)
  return letter === 'u' ? String.fromCharCode(Number.parseInt(token.slice(2), 16)) : (ESCAPES[letter] ?? letter)
}

/** Arguments of another form than was asked for: the text in them if there is one, else they as they are. */
function inputOf(json: string): string {
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return ''
    return 'input' in value && typeof value.input === 'string' ? value.input : json
  } catch {
    // The answer ended before its text began.
    return ''
  }
}
