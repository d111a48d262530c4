/**
 * What Claude Code's own tools may be given, field by field (sdk-tools.d.ts of the Agent SDK 0.3.330). A field that is not here
 * is refused: one that a later version adds may name a path.
 */
import type { JsonObject, JsonValue } from '../../turn/json.ts'
import type { OwnToolName } from '../../turn/own-tools.ts'

export type FieldKind =
  | 'path'
  | 'written path'
  /** A pattern that says which files to list. */
  | 'files'
  /** A pattern that leaves out files of those that are looked at. */
  | 'filter'
  /** A regular expression, handed to a program as an argument. */
  | 'expression'
  | 'word'
  | 'text'
  | 'texts'
  | 'number'
  | 'flag'
  /** A flag that must not be set. */
  | 'off'
  | 'web address'

interface ToolFields {
  readonly needs: string
  readonly fields: Readonly<Record<string, FieldKind>>
}

export const FIELDS: Readonly<Record<OwnToolName, ToolFields>> = {
  Read: {
    needs: 'file_path',
    fields: { file_path: 'path', offset: 'number', limit: 'number', pages: 'text', allow_large: 'flag' },
  },
  Write: { needs: 'file_path', fields: { file_path: 'written path', content: 'text' } },
  Edit: {
    needs: 'file_path',
    fields: { file_path: 'written path', old_string: 'text', new_string: 'text', replace_all: 'flag' },
  },
  Glob: { needs: 'pattern', fields: { path: 'path', pattern: 'files' } },
  Grep: {
    needs: 'pattern',
    fields: {
      pattern: 'expression',
      path: 'path',
      glob: 'filter',
      output_mode: 'word',
      type: 'word',
      '-A': 'number',
      '-B': 'number',
      '-C': 'number',
      context: 'number',
      head_limit: 'number',
      offset: 'number',
      '-n': 'flag',
      '-i': 'flag',
      '-o': 'flag',
      multiline: 'flag',
    },
  },
  Bash: {
    needs: 'command',
    fields: {
      command: 'text',
      timeout: 'number',
      description: 'text',
      run_in_background: 'flag',
      dangerouslyDisableSandbox: 'off',
    },
  },
  WebSearch: { needs: 'query', fields: { query: 'text', allowed_domains: 'texts', blocked_domains: 'texts' } },
  WebFetch: { needs: 'url', fields: { url: 'web address', prompt: 'text', offset: 'number' } },
}

/** Why an input is refused for its fields; undefined where each is known and holds what it should. */
export function fieldProblem(tool: OwnToolName, input: JsonObject): string | undefined {
  const { needs, fields } = FIELDS[tool]
  if (typeof input[needs] !== 'string') return `${needs} is missing.`
  for (const [name, value] of Object.entries(input)) {
    const kind = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (kind === undefined) return `${tool} takes no field ${JSON.stringify(name.slice(0, 64))} here.`
    const problem = valueProblem(kind, value)
    if (problem !== undefined) return `${name} ${problem}.`
  }
  return undefined
}

function valueProblem(kind: FieldKind, value: JsonValue): string | undefined {
  switch (kind) {
    case 'number':
      return typeof value === 'number' || isWritten(value, /^-?\d+$/) ? undefined : 'is no number'
    case 'flag':
      return typeof value === 'boolean' || isWritten(value, /^(?:true|false)$/)
        ? undefined
        : 'is neither true nor false'
    case 'off':
      return value === false ? undefined : 'is not allowed'
    case 'texts':
      return Array.isArray(value) && value.every((each) => typeof each === 'string') ? undefined : 'is no list of texts'
    case 'word':
      return typeof value === 'string' && /^[a-z\d][\w+-]*$/i.test(value) ? undefined : 'is no plain word'
    case 'expression':
      if (typeof value !== 'string') return 'is no text'
      return value.startsWith('-') ? "begins with '-', which could be taken for an option: write [-]" : undefined
    case 'web address':
      return typeof value === 'string' && isOfTheWeb(value) ? undefined : 'is no http or https address'
    case 'path':
    case 'written path':
    case 'files':
    case 'filter':
    case 'text':
      return typeof value === 'string' ? undefined : 'is no text'
  }
}

/** Models send numbers and flags as texts too, and the tools take them. */
function isWritten(value: JsonValue, form: RegExp): boolean {
  return typeof value === 'string' && form.test(value)
}

function isOfTheWeb(address: string): boolean {
  return URL.canParse(address) && ['http:', 'https:'].includes(new URL(address).protocol)
}
