/**
 * What Claude Code's tools for files may be given, field by field (sdk-tools.d.ts of the Agent SDK 0.3.330). A field that is not here
 * is refused: one that a later version adds may name a path.
 */
import type { JsonObject, JsonValue } from '../../turn/json.ts'
import type { OwnToolName } from '../../turn/own-tools.ts'

/** Those that are told by a path or a pattern what to work on. */
export type FileTool = Extract<OwnToolName, 'Read' | 'Write' | 'Edit' | 'Glob' | 'Grep'>

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
  | 'number'
  | 'flag'

interface ToolFields {
  readonly needs: string
  readonly fields: Readonly<Record<string, FieldKind>>
}

export const FIELDS: Readonly<Record<FileTool, ToolFields>> = {
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
}

/** Why an input is refused for its fields; undefined where each is known and holds what it should. */
export function fieldProblem(tool: FileTool, input: JsonObject): string | undefined {
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
    case 'word':
      return typeof value === 'string' && /^[a-z\d][\w+-]*$/i.test(value) ? undefined : 'is no plain word'
    case 'expression':
      if (typeof value !== 'string') return 'is no text'
      return value.startsWith('-') ? "begins with '-', which could be taken for an option: write [-]" : undefined
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
