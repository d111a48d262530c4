/** Functions whose arguments have to match their schema: as far as the model API can hold the model to it. */
import type { JsonObject } from '../../turn/json.ts'
import type { Tool, ToolUse } from '../../turn/turn.ts'
import type { ChatRequest } from '../../wire/chat-request.ts'
import type { Dropped } from '../parameters/fates.ts'
import { isSame } from '../schemas/merge-schemas.ts'

/** https://platform.claude.com/docs/en/build-with-claude/structured-outputs: in one request */
const MOST_STRICT = 20

/** `ignored` names the tools that are offered without, as `tools[0].function.strict`. */
export function fitStrictTools(
  toolUse: ToolUse,
  { tools: given }: Pick<ChatRequest, 'tools'>,
  nativeSchema: (schema: JsonObject) => JsonObject | undefined,
): { toolUse: ToolUse; ignored: Dropped[] } {
  const ignored: Dropped[] = []
  let strict = 0
  const fit = (tool: Tool): Tool => {
    if (tool.strict !== true) return tool
    const schema = strict < MOST_STRICT ? nativeSchema(tool.inputSchema) : undefined
    if (schema?.['type'] === 'object') {
      strict += 1
      // One that fits stays as the caller wrote it.
      return isSame(schema, tool.inputSchema, () => undefined) ? tool : { ...tool, inputSchema: schema }
    }
    const index = (given ?? []).findIndex((one) => one.type === 'function' && one.function.name === tool.name)
    const why =
      strict < MOST_STRICT
        ? 'The model cannot be held to this schema: arguments may not match it.'
        : `The model can be held to the schemas of ${MOST_STRICT} functions at most.`
    ignored.push({ name: `tools[${index}].function.strict`, why })
    const { strict: _, ...rest } = tool
    return rest
  }
  return { toolUse: { ...toolUse, tools: toolUse.tools.map(fit) }, ignored }
}
