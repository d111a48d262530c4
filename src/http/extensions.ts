/** Prefix of the headers by which a request asks for what OpenAI's API has no word for. */
const EXTENSION = 'x-claude-'

export function extensionsOf(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith(EXTENSION)))
}
