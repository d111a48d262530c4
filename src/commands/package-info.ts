import { readFileSync } from 'node:fs'
import { z } from 'zod'

const PackageInfo = z.object({ version: z.string(), engines: z.object({ node: z.string() }) })

/** What package.json says of this release. It lies two folders up both in the source and in the build. */
export function packageInfo(): { readonly version: string; readonly oldestNode: string } {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const { version, engines } = PackageInfo.parse(JSON.parse(text))
  return { version, oldestNode: engines.node.replace('>=', '') }
}
