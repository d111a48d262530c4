/** Which of the offered tools the model may, must or must not call. */
import type { Tool, ToolUse } from '../../turn/turn.ts'
import type { ChatToolChoice, NamedTool } from '../../wire/tool.ts'
import { quote } from '../../wire/quote.ts'
import { invalidValue } from '../invalid-value.ts'

/** A tool and the form in which it was offered. */
export interface Offer {
  readonly form: 'function' | 'custom'
  readonly tool: Tool
}

type Chosen = Pick<ToolUse, 'tools' | 'choice'>

/** @throws ApiError for a name that is not offered. */
export function chooseTools(choice: ChatToolChoice | null | undefined, offers: readonly Offer[]): Chosen {
  const tools = offers.map(({ tool }) => tool)
  if (choice === undefined || choice === null) return { tools, choice: 'auto' }
  if (typeof choice === 'string') return { tools, choice: choice === 'required' ? 'any' : choice }
  if (choice.type !== 'allowed_tools') return { tools, choice: find(choice, offers, 'tool_choice') }
  const { mode, tools: allowed } = choice.allowed_tools
  const names = new Set(
    allowed.map((named, index) => find(named, offers, `tool_choice.allowed_tools.tools[${index}]`).name),
  )
  return { tools: tools.filter(({ name }) => names.has(name)), choice: mode === 'required' ? 'any' : 'auto' }
}

function find(named: NamedTool, offers: readonly Offer[], param: string): { readonly name: string } {
  const name = named.type === 'function' ? named.function.name : named.custom.name
  if (offers.some(({ form, tool }) => form === named.type && tool.name === name)) return { name }
  const what = named.type === 'function' ? 'function' : 'custom tool'
  throw invalidValue(param, `no ${what} named ${quote(name)} was specified in the 'tools' parameter.`)
}
