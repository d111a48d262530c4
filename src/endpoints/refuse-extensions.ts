import { ApiError } from '../errors.ts'
import { clip } from '../wire/quote.ts'

/** Headers that ask for Claude Code's own tools, which this version does not offer: as with a parameter, said and not dropped. */
export function refuseExtensions(extensions: Readonly<Record<string, string>>): void {
  const [name] = Object.keys(extensions)
  if (name === undefined) return
  throw new ApiError('unsupported_parameter', {
    message: `The header '${clip(name)}' is not supported here: it goes with 'enable_tools: true' in chat completions.`,
    param: clip(name),
  })
}
