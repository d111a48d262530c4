import { realpath } from 'node:fs/promises'
import { dirname, resolve, sep } from 'node:path'
import type { JsonObject } from '../../turn/json.ts'
import type { OwnToolName } from '../../turn/own-tools.ts'
export function createPathGuard({ workspace }: { readonly workspace: string }) {
  return async (_tool: OwnToolName, input: JsonObject): Promise<string | undefined> => {
    for (const field of ['file_path', 'path']) {
      const given = input[field]
      if (typeof given !== 'string') continue
      let at = resolve(workspace, given)
      for (;;) {
        const real = await realpath(at).catch(() => undefined)
        if (real !== undefined) {
          if (real !== workspace && !real.startsWith(workspace + sep)) return 'It is outside the workspace.'
          break
        }
        at = dirname(at)
      }
    }
    return undefined
  }
}
