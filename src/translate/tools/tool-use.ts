/** The tools of a request, in their present form (`tools`) or the legacy one (`functions`), as what a turn offers to the model. */
import type { Conversation, Tool, ToolUse } from '../../turn/turn.ts'
import type { ChatRequest } from '../../wire/chat-request.ts'
import { quote } from '../../wire/quote.ts'
import type { ChatTool, LegacyFunction } from '../../wire/tool.ts'
import { customTool } from './custom-tool.ts'
import { createInputSchemaReader, type ReadInputSchema } from '../schemas/input-schema.ts'
import { invalidValue } from '../invalid-value.ts'
import { replaceHalves } from '../replace-halves.ts'
import { chooseTools, type Offer } from './tool-choice.ts'

/**
 * Absent where the caller offers nothing and nothing was called so far.
 * @throws ApiError naming a definition or choice that cannot be honoured.
 */
export function toolUse(request: ChatRequest, conversation: Conversation): { toolUse?: ToolUse } {
  const { tools, tool_choice: choice, functions, function_call: functionCall } = request
  if (hasAny(tools) && hasAny(functions)) {
    throw invalidValue('functions', "'functions' is the older form of 'tools': only one of them can be given.")
  }
  if (!hasAny(tools) && choice && choice !== 'auto' && choice !== 'none') {
    throw invalidValue('tool_choice', "'tool_choice' is only allowed when 'tools' are specified.")
  }
  // In either form it would be dropped, and functions be called all the same.
  if (hasAny(functions) && choice === 'none') {
    throw invalidValue('tool_choice', "'tool_choice' goes with 'tools': with 'functions' it is 'function_call'.")
  }
  if (hasAny(tools) && functionCall === 'none') {
    throw invalidValue('function_call', "'function_call' goes with 'functions': with 'tools' it is 'tool_choice'.")
  }
  if (!hasAny(functions) && typeof functionCall === 'object' && functionCall !== null) {
    throw invalidValue('function_call', "'function_call' is only allowed when 'functions' are specified.")
  }
  if (hasAny(tools)) {
    const chosen = chooseTools(choice, offersOf(tools))
    return { toolUse: { ...chosen, parallel: request.parallel_tool_calls !== false } }
  }
  if (hasAny(functions)) {
    // Its answer has room for one call.
    return { toolUse: { tools: legacyTools(functions), choice: legacyChoice(request, functions), parallel: false } }
  }
  const called = calledTools(conversation)
  return called.length === 0 ? {} : { toolUse: { tools: called, choice: 'none', parallel: true } }
}

function hasAny<T>(list: readonly T[] | null | undefined): list is readonly T[] {
  return (list ?? []).length > 0
}

function offersOf(tools: readonly ChatTool[]): Offer[] {
  const names = createNameCheck()
  const readSchema = createInputSchemaReader()
  return tools.map((tool, index): Offer => {
    switch (tool.type) {
      case 'function': {
        const param = `tools[${index}].function`
        names.add(tool.function.name, `${param}.name`)
        return { form: 'function', tool: functionTool(tool.function, param, readSchema) }
      }
      case 'custom':
        names.add(tool.custom.name, `tools[${index}].custom.name`)
        return { form: 'custom', tool: customTool(tool.custom) }
    }
  })
}

function legacyTools(functions: readonly LegacyFunction[]): Tool[] {
  const names = createNameCheck()
  const readSchema = createInputSchemaReader()
  return functions.map((definition, index) => {
    names.add(definition.name, `functions[${index}].name`)
    return functionTool(definition, `functions[${index}]`, readSchema)
  })
}

function legacyChoice({ function_call: choice }: ChatRequest, functions: readonly LegacyFunction[]): ToolUse['choice'] {
  if (choice === undefined || choice === null || typeof choice === 'string') return choice ?? 'auto'
  const { name } = choice
  if (functions.some((offered) => offered.name === name)) return { name }
  throw invalidValue('function_call', `no function named ${quote(name)} was specified in the 'functions' parameter.`)
}

const NONE = { type: 'object', properties: {}, additionalProperties: false }

function functionTool(
  definition: LegacyFunction & { strict?: boolean | null | undefined },
  place: string,
  readSchema: ReadInputSchema,
): Tool {
  const { name, description, parameters, strict } = definition
  return {
    name,
    ...(description ? { description: replaceHalves(description) } : {}),
    // Without parameters it takes none, which a strict one has to say.
    inputSchema: readSchema(strict && !parameters ? NONE : parameters, { name, param: `${place}.parameters` }),
    ...(strict === true ? { strict } : {}),
  }
}

function createNameCheck(): { add(name: string, param: string): void } {
  const seen = new Set<string>()
  return {
    add(name, param) {
      if (seen.has(name)) throw invalidValue(param, `another tool is named ${quote(name)} too.`)
      seen.add(name)
    },
  }
}

/** The model API takes calls in a conversation only along with tools: those that were called, of which no more is known. */
function calledTools(conversation: Conversation): Tool[] {
  const names = new Set<string>()
  for (const { content } of conversation) {
    for (const block of content) if (block.type === 'tool_call') names.add(block.name)
  }
  return [...names].map((name) => ({ name, inputSchema: { type: 'object', properties: {} } }))
}
