/** The messages of a request, one schema a role. */
import { z } from 'zod'
import { assistantContent, textContent, toolContent, userContent } from './content-part.ts'
import { functionName } from './tool.ts'

const name = z.string().nullish().describe('Accepted and ignored.')

const systemMessage = z
  .object({ role: z.literal('system'), content: textContent, name })
  .meta({ id: 'ChatSystemMessage' })

const developerMessage = z
  .object({ role: z.literal('developer'), content: textContent, name })
  .meta({ id: 'ChatDeveloperMessage' })

const userMessage = z.object({ role: z.literal('user'), content: userContent, name }).meta({ id: 'ChatUserMessage' })

const toolCall = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('function'),
      id: z.string(),
      function: z.object({ name: functionName, arguments: z.string() }),
    }),
    z.object({
      type: z.literal('custom'),
      id: z.string(),
      custom: z.object({ name: functionName, input: z.string() }),
    }),
  ])
  .meta({ id: 'ChatMessageToolCall' })

const assistantMessage = z
  .object({
    role: z.literal('assistant'),
    content: assistantContent.nullish(),
    refusal: z.string().nullish().describe('What the model said when it declined; counts as text.'),
    name,
    audio: z.object({ id: z.string() }).nullish().describe('Not supported.'),
    tool_calls: z
      .array(toolCall)
      .nullish()
      .describe('Functions that the model called; a result for each has to follow.'),
    function_call: z
      .object({ name: functionName, arguments: z.string() })
      .nullish()
      .describe('The older form of `tool_calls`.'),
  })
  .meta({ id: 'ChatAssistantMessage' })

const toolMessage = z
  .object({ role: z.literal('tool'), content: toolContent.nullish(), tool_call_id: z.string(), name })
  .meta({ id: 'ChatToolMessage' })

const functionMessage = z
  .object({ role: z.literal('function'), content: z.string().nullish(), name: z.string() })
  .meta({ id: 'ChatFunctionMessage' })

export const messageSchema = z
  .discriminatedUnion('role', [
    systemMessage,
    developerMessage,
    userMessage,
    assistantMessage,
    toolMessage,
    functionMessage,
  ])
  .meta({ id: 'ChatMessage' })

export type ChatMessage = z.output<typeof messageSchema>
