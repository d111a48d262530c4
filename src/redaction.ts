/** Takes secrets out of text that is about to be written or sent: those that are known, and what looks like one. */
import { HIDDEN, redactNamed } from './redact-named.ts'

/** Text in, the same text without secrets out. JSON stays JSON. */
export type Redact = (text: string) => string

/** Shorter ones would tear up ordinary words. */
const MIN_SECRET = 6

type Rule = readonly [pattern: RegExp, replacement: string]

/**
 * What can be told by its own form, wherever it stands. The text is a caller's: none looks at a long run again from each of its
 * characters, and none has `{8,}`, which would be too deep for a run of megabytes.
 */
const BY_FORM: readonly Rule[] = [
  // A key that was cut off has no last line. Line breaks are escaped, also more than once.
  [
    /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:(?!-----)[\w+/=\s:,.-]|\\+[nr]){0,20000}(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/g,
    HIDDEN,
  ],
  // Anthropic, OpenAI, Dragoman.
  [/\bsk-[\w-]{8}[\w-]*/g, HIDDEN],
  // GitHub, GitLab, Slack, npm, Hugging Face, Stripe.
  [/\b(?:gh[pousr]_|github_pat_|glpat-|xox[a-z]-|xapp-|npm_|hf_|[rs]k_(?:live|test)_)[\w-]{10}[\w-]*/g, HIDDEN],
  // AWS key ids, Google API keys and tokens, and JSON web tokens.
  [/\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b/g, HIDDEN],
  [/\bAIza[\w-]{30}[\w-]*|\bya29\.[\w.-]{10}[\w.-]*/g, HIDDEN],
  [/(?<![\w-])eyJ[\w-]{8}[\w-]*\.[\w-]{8}[\w-]*(?:\.[\w-]*)?/g, HIDDEN],
  // Who logs in by a URL.
  [/(:\/\/)[^\s/@:"'\\]{0,200}:[^\s/@"'\\]{1,500}@/g, `$1${HIDDEN}@`],
  [/\b(bearer|basic)(\s+)[\w.~+/=-]{6}[\w.~+/=-]*/gi, `$1$2${HIDDEN}`],
]

/** @param secrets values that are taken out wherever they stand */
export function createRedaction(secrets: readonly string[]): Redact {
  const known = secrets
    .filter((secret) => secret.length >= MIN_SECRET)
    // One can be the beginning of another.
    .toSorted((left, right) => right.length - left.length)
    .flatMap((secret) => [...new Set([escaped(secret), escaped(escaped(secret)), encodeURIComponent(secret)])])
  return (line) => {
    const withoutKnown = known.reduce((text, secret) => text.replaceAll(secret, HIDDEN), line)
    return redactNamed(
      BY_FORM.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), withoutKnown),
    )
  }
}

/** As it stands in JSON. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

/** The values of variables that are secrets by what the variables are called, whatever they are for. */
export function secretsIn(variables: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(variables).flatMap(([name, value]) => {
    if (value === undefined || value === '') return []
    if (/(?:KEY|TOKEN|TOKEN_BEDROCK|SECRET|PASSWORD|PASSPHRASE|CREDENTIALS?|PEPPER)$/.test(name) && !isPath(value))
      return [value]
    return passwordIn(value)
  })
}

/** Such as where a key lies: it is no secret, and is in other lines too. */
function isPath(value: string): boolean {
  return /^[~.]?\//.test(value) && /\.\w{2,5}$/.test(value)
}

/** Of a proxy or a database. */
function passwordIn(value: string): readonly string[] {
  if (!value.includes('@') || !URL.canParse(value)) return []
  const { password } = new URL(value)
  return password === '' ? [] : [...new Set([password, decode(password)])]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
