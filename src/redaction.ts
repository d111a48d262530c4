/** Takes secrets out of text that is about to be written or sent: those that are known, and what looks like one. */

/** Text in, the same text without secrets out. JSON stays JSON. */
export type Redact = (text: string) => string

const HIDDEN = '[redacted]'
/** Shorter ones would tear up ordinary words. */
const MIN_SECRET = 6

const NAME = String.raw`(?:[\w-]*(?:api[_-]?key|authorization|cookie|password|secret)|(?:[\w-]*[_-])?token)`
/** None looks at a long run of the same characters again from each of them: the text is a caller's. */
const IN_TEXT: readonly (readonly [RegExp, string])[] = [
  [/\bsk-[\w-]{8,}/g, HIDDEN],
  [/\b(bearer|basic)(\s+)[\w.~+/=-]{6,}/gi, `$1$2${HIDDEN}`],
  // A field of the line itself, then one of JSON that stands in a string: its quotes are escaped.
  [new RegExp(String.raw`("${NAME}"\s*:\s*)(?:"(?:[^"\\]|\\.)*"|\[[^\]]*\])`, 'gi'), `$1"${HIDDEN}"`],
  [new RegExp(String.raw`(?<!\\)(\\+")(${NAME})\1(\s*:\s*)\1(?:(?!\1).)*\1`, 'gi'), `$1$2$1$3$1${HIDDEN}$1`],
  [new RegExp(String.raw`(?<![\w-])(${NAME})(=)[^\s&"'\\,;]+`, 'gi'), `$1$2${HIDDEN}`],
]

/** @param secrets values that are taken out wherever they stand */
export function createRedaction(secrets: readonly string[]): Redact {
  const known = secrets
    .filter((secret) => secret.length >= MIN_SECRET)
    .map((secret) => JSON.stringify(secret).slice(1, -1))
  return (line) => {
    const withoutKnown = known.reduce((text, secret) => text.replaceAll(secret, HIDDEN), line)
    return IN_TEXT.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), withoutKnown)
  }
}

/** The values of variables that are secrets by what the variables are called, whatever they are for. */
export function secretsIn(variables: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(variables).flatMap(([name, value]) =>
    /(?:KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)$/.test(name) && value !== undefined && value !== '' ? [value] : [],
  )
}
