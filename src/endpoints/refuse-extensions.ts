import { checkToolHeaders } from '../tools/tool-headers.ts'

/** Headers of a request that does not turn on Claude Code's own tools: as with a parameter, said and not dropped. */
export function refuseExtensions(extensions: Readonly<Record<string, string>>): void {
  checkToolHeaders(extensions, { isEnabled: false })
}
