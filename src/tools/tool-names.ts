/** Claude Code's own tools by their names: its own, and the plain ones that other gateways have made known. */
import { OWN_TOOLS, type OwnToolName } from '../turn/own-tools.ts'

export interface ToolDescription {
  readonly name: OwnToolName
  /** What callers may call it besides. */
  readonly plainNames: readonly string[]
  readonly description: string
}

/** In the order of `OWN_TOOLS`. */
export const TOOL_DESCRIPTIONS: readonly ToolDescription[] = [
  { name: 'Read', plainNames: ['read_file'], description: 'Reads a file of the workspace.' },
  {
    name: 'Glob',
    plainNames: ['list_directory', 'search_files'],
    description: 'Lists folders of the workspace, and finds files by their names.',
  },
  { name: 'Grep', plainNames: ['search_in_files'], description: 'Searches the files of the workspace for a pattern.' },
  { name: 'Write', plainNames: ['write_file'], description: 'Writes a file of the workspace.' },
  { name: 'Edit', plainNames: ['edit_file'], description: 'Changes a file of the workspace.' },
  { name: 'Bash', plainNames: ['run_command'], description: 'Runs a command in the workspace.' },
  { name: 'WebSearch', plainNames: ['web_search'], description: 'Searches the web, through the model API.' },
  { name: 'WebFetch', plainNames: ['fetch_url'], description: 'Fetches a page of the public web.' },
]

const BY_NAME: ReadonlyMap<string, OwnToolName> = new Map(
  TOOL_DESCRIPTIONS.flatMap(({ name, plainNames }) => [name, ...plainNames].map((each) => [each, name] as const)),
)

/** By either name, in its exact spelling; undefined where no tool has it. */
export function toolNamed(name: string): OwnToolName | undefined {
  return BY_NAME.get(name)
}

/** Those that are named, each once and in one order. What is no name of a tool names none. */
export function toolsNamed(names: readonly string[]): readonly OwnToolName[] {
  const named = new Set(names.map(toolNamed))
  return OWN_TOOLS.filter((tool) => named.has(tool))
}

/** Whether a function of this name is Claude Code's tool in a request that turns them on. */
export function isPlainName(name: string): boolean {
  return BY_NAME.has(name) && !OWN_TOOLS.some((own) => own === name)
}

/** The plain names of a tool; none for one of an MCP server. */
export function plainNamesOf(tool: string): readonly string[] {
  return TOOL_DESCRIPTIONS.find(({ name }) => name === tool)?.plainNames ?? []
}
