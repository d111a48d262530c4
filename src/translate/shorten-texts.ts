/** A value for people to read, of which long texts are shown in part. */

/** Beyond so many characters in all texts are cut, each to its share, but none to less than the least. */
const MOST_SHOWN = 1_000_000
const LEAST_SHOWN = 200

type Shown = Record<string, unknown>

export function shortenTexts(value: Shown): Shown {
  const { texts, characters } = sizeOf(value)
  if (characters <= MOST_SHOWN) return value
  return shortenIn(value, Math.max(LEAST_SHOWN, Math.floor(MOST_SHOWN / texts)))
}

function sizeOf(value: Shown): { texts: number; characters: number } {
  const open: unknown[] = [value]
  let texts = 0
  let characters = 0
  const count = ({ length }: string): void => {
    texts += 1
    characters += length
  }
  while (open.length > 0) {
    const next = open.pop()
    if (typeof next === 'string') count(next)
    if (typeof next !== 'object' || next === null) continue
    for (const [key, inner] of Object.entries(next)) {
      if (!Array.isArray(next)) count(key)
      open.push(inner)
    }
  }
  return { texts, characters }
}

function shorten(value: unknown, most: number): unknown {
  if (typeof value === 'string') return cut(value, most)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((inner) => shorten(inner, most))
  return shortenIn(value, most)
}

function shortenIn(value: object, most: number): Shown {
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [cut(key, most), shorten(inner, most)]))
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length} characters)`
}
