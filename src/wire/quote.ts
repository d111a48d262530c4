/** Values of a caller inside our messages: short, on one line, without characters that steer a terminal or hide text. */

const MAX_QUOTED = 64

/** `text` without control, format and lone surrogate characters, cut to 64 characters. */
export function clip(text: string, max: number = MAX_QUOTED): string {
  // Cleaning a little more than is kept bounds the work; Array.from counts characters, not halves of one.
  const clean = Array.from(text.slice(0, max * 4).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ''))
  const whole = clean.length <= max && text.length <= max * 4
  return whole ? clean.join('') : `${clean.slice(0, max).join('')}…`
}

/** A caller's value as it may stand in a message. */
export function quote(value: unknown): string {
  if (typeof value === 'string') return `'${clip(value)}'`
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value)
  return Array.isArray(value) ? 'an array' : 'an object'
}

/** A path as OpenAI writes it: `messages[0].content[1].type`. */
export function paramPath(path: readonly PropertyKey[]): string {
  let text = ''
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`
    else text += `${text === '' ? '' : '.'}${clip(String(key))}`
  }
  return text
}
