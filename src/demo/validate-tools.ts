import { type ApiProblem, invalid } from './api-problem.ts'
import type { RequestTool } from './request-shape.ts'
import type { Rule } from './rule.ts'
import { validateSchema } from './validate-schema.ts'

const NAME = /^[a-zA-Z0-9_-]{1,128}$/

/** Names, definitions and the choice among them. */
export const validateTools: Rule = (request, kind) => {
  const tools = request.tools ?? []
  const names = tools.map(({ name }) => name)
  for (const [index, tool] of tools.entries()) {
    const found = checkTool(tool, `tools.${index}`)
    if (found !== undefined) return found
    if (names.indexOf(tool.name) !== index) return invalid(`tools.${index}: Tool names must be unique.`)
  }
  const choice = request.tool_choice
  if (choice === undefined || choice === null) return undefined
  if (tools.length === 0) return invalid('tool_choice: may only be specified while providing tools.')
  if (choice.type === 'tool' && !names.includes(choice.name))
    return invalid(`tool_choice: Tool '${choice.name}' not found in provided tools`)
  if ((choice.type === 'tool' || choice.type === 'any') && !kind.forcedToolChoice) {
    return invalid(`tool_choice: type "${choice.type}" is not supported for this model. Use "auto" or "none".`)
  }
  return undefined
}

function checkTool(tool: RequestTool, place: string): ApiProblem | undefined {
  if (!NAME.test(tool.name)) return invalid(`${place}.custom.name: String should match pattern '${NAME.source}'`)
  if (tool.type !== undefined && tool.type !== null && tool.type !== 'custom') return undefined
  const schema = tool.input_schema
  if (schema === undefined) return invalid(`${place}.custom.input_schema: Field required`)
  if (schema['type'] !== 'object') return invalid(`${place}.custom.input_schema.type: Input should be 'object'`)
  for (const keyword of ['anyOf', 'oneOf', 'allOf']) {
    if (keyword in schema) {
      return invalid(
        `${place}.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`,
      )
    }
  }
  return tool.strict === true ? validateSchema(schema, `${place}.custom.input_schema`) : undefined
}
