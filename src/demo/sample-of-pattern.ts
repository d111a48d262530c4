/** A short string that a regular expression matches, for the common kind: literals, classes, groups and counts. */
export function sampleOfPattern(pattern: string): string {
  try {
    const sample = new PatternReader(pattern).alternatives()
    return new RegExp(pattern, 'u').test(sample) ? sample : 'demo'
  } catch {
    return 'demo'
  }
}

const CLASSES = new Map([
  ['d', '0'],
  ['w', 'a'],
  ['s', ' '],
  ['D', 'a'],
  ['W', '-'],
  ['S', 'a'],
  ['t', '\t'],
  ['n', '\n'],
  ['b', ''],
  ['B', ''],
])
/** No sample needs more than this of anything. */
const MOST_REPEATS = 1_000

class PatternReader {
  readonly #pattern: string
  #at = 0

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  /** The first alternative; the others are read past. */
  alternatives(): string {
    const first = this.#sequence()
    while (this.#take('|')) this.#sequence()
    return first
  }

  #sequence(): string {
    let sample = ''
    while (this.#at < this.#pattern.length && !this.#peek('|') && !this.#peek(')')) {
      const atom = this.#atom()
      sample += atom.repeat(this.#count())
    }
    return sample
  }

  #atom(): string {
    if (this.#take('(')) {
      const group = /^\?(?::|<\w+>)/.exec(this.#rest())
      const looksAround = /^\?<?[=!]/.exec(this.#rest())
      this.#at += (group ?? looksAround)?.[0].length ?? 0
      const sample = this.alternatives()
      this.#take(')')
      return looksAround === null ? sample : ''
    }
    if (this.#take('[')) return this.#characterClass()
    const character = this.#next()
    if (character === '^' || character === '$') return ''
    if (character === '.') return 'a'
    return character === '\\' ? this.#escape() : character
  }

  #characterClass(): string {
    const negated = this.#take('^')
    const body = /^(?:\\.|[^\]\\])*/.exec(this.#rest())?.[0] ?? ''
    this.#at += body.length + 1
    if (!negated) return body.startsWith('\\') ? (CLASSES.get(body[1] ?? '') ?? body[1] ?? '') : (body[0] ?? '')
    const outside = new RegExp(`[^${body}]`, 'u')
    return ['a', '0', '-', ' ', 'é'].find((candidate) => outside.test(candidate)) ?? ''
  }

  #escape(): string {
    const character = this.#next()
    return CLASSES.get(character) ?? character
  }

  #count(): number {
    const [quantifier, least] = /^(?:\{(\d+)(?:,\d*)?\}|[*+?])\??/.exec(this.#rest()) ?? []
    if (quantifier === undefined) return 1
    this.#at += quantifier.length
    if (least !== undefined) return Math.min(Number(least), MOST_REPEATS)
    return quantifier.startsWith('+') ? 1 : 0
  }

  #rest(): string {
    return this.#pattern.slice(this.#at)
  }

  #peek(character: string): boolean {
    return this.#pattern[this.#at] === character
  }

  #take(character: string): boolean {
    const taken = this.#peek(character)
    if (taken) this.#at += 1
    return taken
  }

  #next(): string {
    const character = this.#pattern[this.#at] ?? ''
    this.#at += 1
    return character
  }
}
