/**
 * Holds what the model asks of its tools to the workspace. A path can be read in more than one way, by the tool and by the
 * system; in each of them it has to stay inside.
 *
 * What it cannot tell: a hard link to a file elsewhere looks like any file, and a path that is well when it is asked about can
 * be exchanged before the tool opens it, by a command that runs at the same time. Who may run commands is held by the sandbox alone.
 */
import { lstat } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import type { JsonObject } from '../../turn/json.ts'
import { followLinks } from './follow-links.ts'
import { alternatives, fixedStart, LONGEST_PATH, patternProblem } from './glob-pattern.ts'
import { isObeyed } from './obeyed-files.ts'
import { fieldProblem, FIELDS, type FileTool } from './tool-fields.ts'

/** @returns why the tool may not do that, in words for the model: a path stands in them only where it named it */
export type PathGuard = (tool: FileTool, input: JsonObject) => Promise<string | undefined>

const OUTSIDE = 'leads out of the workspace'

export function createPathGuard({ workspace }: { readonly workspace: string }): PathGuard {
  return async (tool, input) => {
    const problem = fieldProblem(tool, input)
    if (problem !== undefined) return problem
    for (const [field, value] of Object.entries(input)) {
      if (typeof value !== 'string') continue
      const found = await placeProblem(tool, field, { workspace, value, input })
      if (found !== undefined) return `${field} ${found}.`
    }
    return undefined
  }
}

interface Asked {
  readonly workspace: string
  readonly value: string
  readonly input: JsonObject
}

async function placeProblem(tool: FileTool, field: string, asked: Asked): Promise<string | undefined> {
  const { workspace, value, input } = asked
  const kind = FIELDS[tool].fields[field]
  if (kind === undefined) return undefined
  switch (kind) {
    case 'path':
      return pathProblem(workspace, value, { isWritten: false })
    case 'written path':
      return pathProblem(workspace, value, { isWritten: true })
    case 'files':
      return filesProblem(workspace, value, typeof input['path'] === 'string' ? input['path'] : '')
    case 'filter':
      return patternProblem(value)
    case 'expression':
    case 'word':
    case 'text':
    case 'number':
    case 'flag':
      return undefined
  }
}

async function pathProblem(
  workspace: string,
  path: string,
  { isWritten }: { readonly isWritten: boolean },
): Promise<string | undefined> {
  const problem = spellingProblem(path)
  if (problem !== undefined) return problem
  for (const reading of readings(workspace, path)) {
    const place = await followLinks(reading)
    if (place === undefined || !isInside(workspace, place)) return OUTSIDE
    if (isWritten && [reading, place].some((each) => isObeyed(relative(workspace, each)))) {
      return 'names a file that other programs run or obey'
    }
    if (await isSpecial(place)) return 'names neither a file nor a folder'
  }
  return undefined
}

function spellingProblem(path: string): string | undefined {
  if (path.length > LONGEST_PATH) return 'is too long'
  if (path.includes('\0')) return 'has a null character in it'
  // The tools cut it off, and then see another path than the one that was looked at.
  if (path.trim() !== path) return 'begins or ends with white space'
  if (path.startsWith('~')) return 'begins with ~: write ./~ for a file of such a name'
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(path)) return 'is a web address'
  return undefined
}

/** The tools take `..` away by its name, compose characters and cut white space (2.1.330); the system follows links first. */
function readings(workspace: string, path: string): ReadonlySet<string> {
  const found = new Set<string>()
  for (const name of [path, swapNarrowSpace(path)]) {
    const plain = isAbsolute(name) ? name : `${workspace}${sep}${name}`
    const byName = resolve(workspace, name)
    for (const reading of [plain, byName, byName.trim()]) found.add(reading).add(reading.normalize('NFC'))
  }
  return found
}

/** Read looks for a screenshot of macOS also with the other one of the two spaces before AM and PM. */
function swapNarrowSpace(path: string): string {
  return path.replace(/[ \u202f](?=[AP]M\.png$)/, (space) => (space === ' ' ? '\u202f' : ' '))
}

/** In characters: each folder that they name is looked at. */
const MOST_OF_STARTS = 16_384

/** A pattern may name its folder itself: what stands in it before the first wildcard. */
async function filesProblem(workspace: string, pattern: string, folder: string): Promise<string | undefined> {
  const problem = patternProblem(pattern, { isAbsoluteFine: true })
  if (problem !== undefined) return problem
  const starts = new Set([pattern, ...(alternatives(pattern) ?? [])].map(fixedStart))
  if ([...starts].join('').length > MOST_OF_STARTS) return 'has too many alternatives'
  for (const start of starts) {
    const path = isAbsolute(start) || folder === '' ? start : `${folder}/${start}`
    const found = await pathProblem(workspace, path, { isWritten: false })
    if (found !== undefined) return found
  }
  return undefined
}

function isInside(folder: string, path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    if (at === folder) return true
    if (at === dirname(at)) return false
  }
}

/** A pipe would hold the tool up, a device or a socket is none of its business. */
async function isSpecial(path: string): Promise<boolean> {
  try {
    const found = await lstat(path)
    return !found.isFile() && !found.isDirectory()
  } catch {
    return false
  }
}
