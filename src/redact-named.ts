/**
 * Takes out what is a secret by the name before it: fields of JSON, the same in a string of JSON, and `name=value`. Values are
 * read without expressions: one of megabytes would be too deep for them.
 */

export const HIDDEN = '[redacted]'

const NAME = String.raw`(?:[\w-]*(?:api[_-]?key|access[_-]?key|private[_-]?key|authorization|cookie|passw(?:or)?d|passphrase|secret|credentials?)|(?:[\w-]*[_-])?(?:token|pwd))`

/** A field of the line itself. */
const FIELD = new RegExp(String.raw`"${NAME}"\s*:\s*(?=["[])`, 'gi')
/**
 * One of JSON that stands in a string, which may stand in a string: its quotes are escaped. Each of so many depths is looked
 * for to the end of the text once at most.
 */
const FIELD_IN_STRING = new RegExp(String.raw`(?<!\\)(\\{1,63}")${NAME}\1\s*:\s*\1`, 'gi')
const ASSIGNMENT = new RegExp(String.raw`(?<![\w-])(${NAME})(=)(?!\[redacted\])[^\s&"'\\,;]+`, 'gi')

export function redactNamed(text: string): string {
  const withoutFields = replaceValues(text, FIELD, (start) => {
    const end = text[start] === '"' ? endOfString(text, start) : endOfArray(text, start)
    return end === undefined ? undefined : { end, value: `"${HIDDEN}"` }
  })
  const missing = new Set<string>()
  return replaceValues(withoutFields, FIELD_IN_STRING, (start, [, quote = '']) => {
    const end = missing.has(quote) ? -1 : withoutFields.indexOf(quote, start)
    if (end === -1) missing.add(quote)
    return end === -1 ? undefined : { end, value: HIDDEN }
  }).replace(ASSIGNMENT, `$1$2${HIDDEN}`)
}

interface Replacement {
  /** Where the value ends. */
  readonly end: number
  readonly value: string
}

/** Replaces what comes after each match of a global expression. */
function replaceValues(
  text: string,
  before: RegExp,
  replacementOf: (start: number, match: RegExpExecArray) => Replacement | undefined,
): string {
  const parts: string[] = []
  let done = 0
  for (const match of text.matchAll(before)) {
    const start = match.index + match[0].length
    const found = match.index < done ? undefined : replacementOf(start, match)
    if (found === undefined) continue
    parts.push(text.slice(done, start), found.value)
    done = found.end
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(done)
}

/** Behind the quote that ends it; undefined where none does. */
function endOfString(text: string, start: number): number | undefined {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.codePointAt(at)
    if (code === BACKSLASH) at += 1
    else if (code === QUOTE) return at + 1
  }
  return undefined
}

/** Of values that are no lists or objects. Undefined where it holds one or does not end: it is not read again from each beginning. */
function endOfArray(text: string, start: number): number | undefined {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.codePointAt(at)
    if (code === CLOSING_BRACKET) return at + 1
    if (code === OPENING_BRACKET || code === OPENING_BRACE) return undefined
    if (code !== QUOTE) continue
    const end = endOfString(text, at)
    if (end === undefined) return undefined
    at = end - 1
  }
  return undefined
}

const [QUOTE, BACKSLASH, OPENING_BRACKET, CLOSING_BRACKET, OPENING_BRACE] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b]
