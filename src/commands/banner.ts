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
  readonly demo: boolean
}

/** What a person wants to know first, and a line to try. On standard error, so that standard output holds only the log. */
export function writeBanner(output: Output, facts: BannerFacts): void {
  const { version, url, takenPort, login, missing, needsKey, demo } = facts
  const strong = (text: string): string => (output.isTTY === true ? styleText('bold', text) : text)
  const withKey = needsKey ? ', with the key' : ''
  const header = needsKey ? ` \\\n    -H "authorization: Bearer $API_KEY"` : ''
  const lines = [
    '',
    strong(`Dragoman ${version} listens on ${url}`),
    ...(takenPort === undefined ? [] : [strong(`PORT ${takenPort} IS TAKEN: this is another one.`)]),
    ...(demo ? [strong('DEMO: answers come from the built-in offline model, not from Claude.')] : []),
    '',
    `  base URL   ${url}/v1`,
    `  login      ${login}`,
    ...missing.map((what) => `             ! ${what}`),
    `  key        ${needsKey ? 'API_KEY, from every caller' : 'none needed; any will do'}`,
    `  API        ${url}/docs${withKey}`,
    '',
    `  curl ${url}/v1/chat/completions -H 'content-type: application/json'${header} \\`,
    `    -d '{"model":"default","messages":[{"role":"user","content":"Hello"}]}'`,
    '',
  ]
  output.write(`${lines.join('\n')}\n`)
}
