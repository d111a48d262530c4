/** The file that CONFIG_FILE names: one JSON object of settings, with comments. Whatever is wrong is told by file and line. */
import { readFileSync, statSync } from 'node:fs'
import { getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
import { nearestName } from './nearest-name.ts'

/** A setting as the environment would hold it, and where it stands, such as `/etc/dragoman.json:3: `. */
interface SettingInFile {
  readonly text: string
  readonly place: string
}

export interface SettingsInFile {
  readonly settings: ReadonlyMap<string, SettingInFile>
  /** What is wrong with the file itself. What the settings' values may be is for others to say. */
  readonly problems: readonly string[]
}

/** Nobody writes so many settings, and it is read while requests wait. */
const MAX_BYTES = 1_000_000

/** @param names those that there are */
export function readSettingsFile(path: string, names: readonly string[]): SettingsInFile {
  const bad = (problem: string): SettingsInFile => ({ settings: new Map(), problems: [`${path}: ${problem}`] })
  try {
    const found = statSync(path)
    // Reading a pipe would wait for whoever writes into it.
    if (!found.isFile()) return bad('is no file')
    if (found.size > MAX_BYTES) return bad(`is larger than ${MAX_BYTES} bytes`)
    return parse(path, readFileSync(path, 'utf8'), names)
  } catch (error) {
    if (error instanceof RangeError) return bad('is nested too deeply')
    const code = error instanceof Error && 'code' in error ? error.code : error
    return bad(`cannot be read (${String(code)})`)
  }
}

function parse(path: string, text: string, names: readonly string[]): SettingsInFile {
  const at = (offset: number): string => `${path}:${text.slice(0, offset).split('\n').length}: `
  const errors: ParseError[] = []
  const root = parseTree(text, errors, { allowTrailingComma: true })
  const [first] = errors
  // What follows the first is mostly a consequence of it.
  if (first !== undefined) {
    return {
      settings: new Map(),
      problems: [`${at(first.offset)}no JSON: ${inWords(printParseErrorCode(first.error))}`],
    }
  }
  if (root?.type !== 'object') return { settings: new Map(), problems: [`${at(0)}expected an object of settings`] }
  const settings = new Map<string, SettingInFile>()
  const problems: string[] = []
  for (const { name, value, offset } of propertiesOf(root)) {
    const place = at(offset)
    const problem = problemOf(name, names, settings)
    if (problem === undefined) settings.set(name, { text: textOf(value), place })
    else problems.push(place + problem)
  }
  return { settings, problems }
}

function propertiesOf(root: Node): { name: string; value: Node; offset: number }[] {
  return (root.children ?? []).flatMap(({ children: [key, value] = [], offset }) =>
    key === undefined || value === undefined ? [] : [{ name: String(key.value), value, offset }],
  )
}

function problemOf(name: string, names: readonly string[], seen: ReadonlyMap<string, unknown>): string | undefined {
  if (seen.has(name)) return `${name} stands here a second time`
  if (name === 'CONFIG_FILE') return 'CONFIG_FILE can be a flag or a variable alone'
  if (names.includes(name)) return undefined
  const nearest = nearestName(name, names)
  const shown = JSON.stringify(name.slice(0, 100))
  return nearest === undefined
    ? `${shown} is no setting; docs/settings.md names all, and variables of Claude Code's belong into the environment`
    : `${shown} is no setting: did you mean ${nearest}?`
}

/** Absent, as an empty variable is, for `null`. */
function textOf(node: Node): string {
  const value: unknown = getNodeValue(node)
  if (value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** `CommaExpected` in lower case and apart. */
function inWords(code: string): string {
  return code.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()
}
