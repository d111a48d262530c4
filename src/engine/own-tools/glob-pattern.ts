/** Patterns of file names, read as widely as any program reads them: whatever they may stand for has to stay inside. */

/** What Linux takes for a path. */
export const LONGEST_PATH = 4096
const MOST_ALTERNATIVES = 256

/** Why a pattern is refused; undefined for one that is fine. An absolute one is only fine where its start is looked at as a path. */
export function patternProblem(
  pattern: string,
  { isAbsoluteFine = false }: { readonly isAbsoluteFine?: boolean } = {},
): string | undefined {
  if (pattern.length > LONGEST_PATH) return 'is too long'
  if (pattern.includes('\0')) return 'has a null character in it'
  if (pattern.trim() !== pattern) return 'begins or ends with white space'
  const every = alternatives(pattern)
  if (every === undefined) return 'has too many alternatives'
  // Grep takes several, between white space and commas.
  for (const one of every.flatMap((each) => [each, ...each.split(/[\s,]+/)])) {
    const plain = one.replace(/^!/, '')
    if (!isAbsoluteFine && plain.startsWith('/')) return 'is absolute: write it relative to the workspace'
    if (/^[a-z][a-z\d+.-]*:\/\//i.test(plain)) return 'is a web address'
    if (parts(plain).some((part) => part === '..')) return "has '..' in it"
    if (plain.startsWith('~')) return 'begins with ~'
  }
  return undefined
}

/** `a{b,c}` is `ab` and `ac`. The pattern itself where it has no braces; undefined for more than a few. */
export function alternatives(pattern: string): readonly string[] | undefined {
  // With a backslash before it a brace is a letter to some. It is read as a brace here.
  const done: string[] = []
  const open = [pattern.replaceAll('\\', '')]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const braces = innermostBraces(next)
    if (braces === undefined) {
      done.push(next)
    } else {
      const { before, choices, after } = braces
      for (const choice of choices) open.push(`${before}${choice}${after}`)
    }
    if (done.length + open.length > MOST_ALTERNATIVES) return undefined
  }
  return done
}

interface Braces {
  readonly before: string
  readonly choices: readonly string[]
  readonly after: string
}

/** A pair that has none in it. */
function innermostBraces(pattern: string): Braces | undefined {
  const found = /\{([^{}]*)\}/.exec(pattern)
  if (found === null) return undefined
  const [whole, inner = ''] = found
  return {
    before: pattern.slice(0, found.index),
    choices: inner.split(','),
    after: pattern.slice(found.index + whole.length),
  }
}

/** `[.][.]` and `@(..|a)` stand for `..` too. */
function parts(pattern: string): readonly string[] {
  return pattern.split(/[/()|]/).map((part) => part.replaceAll(/[[\]]/g, ''))
}

/** The folders that a pattern names before it begins to be one. */
export function fixedStart(pattern: string): string {
  const names = pattern.split('/')
  const first = names.findIndex((name) => /[*?[\](){}!|\\]/.test(name))
  const fixed = first === -1 ? names : names.slice(0, first)
  return fixed.join('/') || (pattern.startsWith('/') ? '/' : '')
}
