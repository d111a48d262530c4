import { styleText } from 'node:util'
import type { Output } from './output.ts'

export interface BannerFacts {
  readonly version: string
  readonly url: string
  /** The port that was asked for, when it was taken. */
  readonly takenPort?: number
  /** How Claude Code logs in, or what is missing. */
  readonly login: string
  /** What the login may fail for want of. */
  readonly missing: readonly string[]
  readonly needsKey: boolean
  /** Requests that ask a model, in a minute, of each caller whose key has no limit of its own; undefined where no limit holds. */
  readonly chatLimit?: number | undefined
  /** The key that was made for this run, which nobody knows yet. */
  readonly newKey?: string | undefined
  readonly demo: boolean
  /** Whether the log holds what is asked and answered. */
  readonly logsContent: boolean
}

/** What a person wants to know first, and a line to try. On standard error, so that standard output holds only the log. */
export function writeBanner(output: Output, facts: BannerFacts): void {
  const { version, url, takenPort, login, missing, needsKey, chatLimit, newKey, demo, logsContent } = facts
  const strong = (text: string): string => (output.isTTY === true ? styleText('bold', text) : text)
  const withKey = needsKey ? ', with the key' : ''
  const header = needsKey ? ` \\\n    -H "authorization: Bearer ${newKey ?? '$API_KEY'}"` : ''
  const lines = [
    '',
    strong(`Dragoman ${version} listens on ${url}`),
    ...(takenPort === undefined ? [] : [strong(`PORT ${takenPort} IS TAKEN: this is another one.`)]),
    ...(demo ? [strong('DEMO: answers come from the built-in offline model, not from Claude.')] : []),
    ...(logsContent ? [strong('DEBUG_MODE: THE LOG HOLDS WHAT CALLERS ASK AND THE MODEL ANSWERS.')] : []),
    '',
    `  base URL   ${url}/v1`,
    `  login      ${login}`,
    ...missing.map((what) => `             ! ${what}`),
    ...keyLines(needsKey, newKey),
    ...(chatLimit === undefined
      ? []
      : [`  limit      ${chatLimit} questions a minute from each caller (RATE_LIMIT_CHAT_PER_MINUTE)`]),
    `  API        ${url}/docs${withKey}`,
    '',
    `  curl ${url}/v1/chat/completions -H 'content-type: application/json'${header} \\`,
    `    -d '{"model":"default","messages":[{"role":"user","content":"Hello"}]}'`,
    '',
  ]
  output.write(`${lines.join('\n')}\n`)
}

function keyLines(needsKey: boolean, newKey: string | undefined): string[] {
  if (newKey === undefined)
    return [`  key        ${needsKey ? 'needed from every caller' : 'none needed; any will do'}`]
  return [
    '  key        from every caller, for this run. It is shown this once; to keep it, put this line into .env:',
    `             API_KEY=${newKey}`,
  ]
}
