/**
 * Where a path leads, followed link by link, also where nothing is there yet. `fs.realpath` tells nothing of a link into the
 * void, and takes the links of /proc for what they are to this process: to Claude Code they lead elsewhere.
 */
import { readlink } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'

/** As many as Linux follows. */
const MOST_LINKS = 40
const OF_THE_KERNEL = ['/proc', '/sys', '/dev']

/** @returns undefined where that cannot be told, or the way goes through a folder of the kernel */
export async function followLinks(path: string): Promise<string | undefined> {
  const ahead = segments(path).toReversed()
  let at = '/'
  let links = 0
  /** Is not there, and so nothing below it. */
  let missing: string | undefined
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    if (name === '..') {
      at = dirname(at)
      continue
    }
    const next = join(at, name)
    if (OF_THE_KERNEL.includes(next)) return undefined
    if (missing !== undefined && next.startsWith(`${missing}/`)) {
      at = next
      continue
    }
    const target = await targetOf(next)
    if (target === 'unknown') return undefined
    missing = target === 'missing' ? next : undefined
    if (target === undefined || target === 'missing') {
      at = next
      continue
    }
    links += 1
    if (links > MOST_LINKS) return undefined
    if (isAbsolute(target.path)) at = '/'
    ahead.push(...segments(target.path).toReversed())
  }
  return at
}

function segments(path: string): readonly string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.')
}

/** Undefined for what is no link. */
async function targetOf(path: string): Promise<{ readonly path: string } | 'unknown' | 'missing' | undefined> {
  try {
    return { path: await readlink(path) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'missing'
    return code === 'EINVAL' ? undefined : 'unknown'
  }
}
