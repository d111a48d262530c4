/** The body of `POST /v1/messages`: https://platform.claude.com/docs/en/api/messages */
import { z } from 'zod'

const cacheControl = z.looseObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() }).nullish()

const textBlock = z.looseObject({ type: z.literal('text'), text: z.string(), cache_control: cacheControl })

const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'] as const
const imageBlock = z.looseObject({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [
    z.looseObject({ type: z.literal('base64'), media_type: z.enum(IMAGE_TYPES), data: z.base64().min(1) }),
    z.looseObject({ type: z.literal('url'), url: z.string().min(1) }),
    z.looseObject({ type: z.literal('file'), file_id: z.string().min(1) }),
  ]),
  cache_control: cacheControl,
})

const documentBlock = z.looseObject({
  type: z.literal('document'),
  title: z.string().min(1).max(500).nullish(),
  source: z.discriminatedUnion('type', [
    z.looseObject({ type: z.literal('base64'), media_type: z.literal('application/pdf'), data: z.base64().min(1) }),
    z.looseObject({ type: z.literal('text'), media_type: z.literal('text/plain'), data: z.string().min(1) }),
    z.looseObject({ type: z.enum(['content', 'url', 'file']) }),
  ]),
  cache_control: cacheControl,
})

/** Blocks of the API's own tools and betas, which the demo takes and does not look into. */
const otherBlock = z.looseObject({
  type: z.enum([
    'search_result',
    'tool_reference',
    'server_tool_use',
    'web_search_tool_result',
    'web_fetch_tool_result',
    'code_execution_tool_result',
    'tool_search_tool_result',
    'mcp_tool_use',
    'mcp_tool_result',
    'container_upload',
    'compaction',
    'tool_addition',
    'tool_removal',
  ]),
  cache_control: cacheControl,
})

const toolUseBlock = z.looseObject({
  type: z.literal('tool_use'),
  id: z.string().regex(/^[a-zA-Z0-9_-]+$/),
  name: z.string().min(1).max(200),
  input: z.record(z.string(), z.unknown()),
  cache_control: cacheControl,
})

const toolResultBlock = z.looseObject({
  type: z.literal('tool_result'),
  tool_use_id: z.string().regex(/^[a-zA-Z0-9_-]+$/),
  content: z
    .union([z.string(), z.array(z.discriminatedUnion('type', [textBlock, imageBlock, documentBlock, otherBlock]))])
    .nullish(),
  is_error: z.boolean().nullish(),
  cache_control: cacheControl,
})

const thinkingBlock = z.looseObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() })
const redactedThinkingBlock = z.looseObject({ type: z.literal('redacted_thinking'), data: z.string() })

const block = z.discriminatedUnion('type', [
  textBlock,
  imageBlock,
  documentBlock,
  toolUseBlock,
  toolResultBlock,
  thinkingBlock,
  redactedThinkingBlock,
  otherBlock,
])

const effort = z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish()

const message = z.looseObject({
  role: z.enum(['user', 'assistant', 'system']),
  content: z.union([z.string(), z.array(block)]).optional(),
  output_config: z.looseObject({ effort }).nullish(),
})

const thinking = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('adaptive'), display: z.enum(['summarized', 'omitted', 'updates']).nullish() }),
  z.looseObject({
    type: z.literal('enabled'),
    budget_tokens: z.int(),
    display: z.enum(['summarized', 'omitted', 'updates']).nullish(),
  }),
  z.looseObject({ type: z.literal('disabled') }),
])

const tool = z.looseObject({
  /** Absent or `custom` for the caller's own; the API's own tools have a dated type. */
  type: z.string().nullish(),
  name: z.string(),
  description: z.string().optional(),
  input_schema: z.record(z.string(), z.unknown()).optional(),
  strict: z.boolean().nullish(),
  cache_control: cacheControl,
})

const parallel = { disable_parallel_tool_use: z.boolean().optional() }
const toolChoice = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('auto'), ...parallel }),
  z.looseObject({ type: z.literal('any'), ...parallel }),
  z.looseObject({ type: z.literal('tool'), name: z.string(), ...parallel }),
  z.looseObject({ type: z.literal('none') }),
])

/** Parameters that the demo knows by name only: accepted, without effect. */
const withoutEffect = {
  billing_policy: z.unknown().optional(),
  cache_control: z.unknown().optional(),
  compaction: z.unknown().optional(),
  container: z.unknown().optional(),
  context_management: z.unknown().optional(),
  diagnostics: z.unknown().optional(),
  fallback_credit_token: z.unknown().optional(),
  fallbacks: z.unknown().optional(),
  inference_geo: z.unknown().optional(),
  mcp_servers: z.unknown().optional(),
  service_tier: z.unknown().optional(),
  speed: z.unknown().optional(),
  thread: z.unknown().optional(),
}

/** Strict about its keys, as the API is: an unknown one is a 400. */
export const messagesRequest = z.strictObject({
  ...withoutEffect,
  model: z.string().min(1),
  messages: z.array(message),
  max_tokens: z.int().min(1),
  system: z.union([z.string(), z.array(textBlock)]).nullish(),
  stream: z.boolean().nullish(),
  stop_sequences: z.array(z.string()).nullish(),
  temperature: z.number().min(0).max(1).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.int().min(0).nullish(),
  thinking: thinking.nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: toolChoice.nullish(),
  metadata: z.looseObject({ user_id: z.string().nullish() }).nullish(),
  output_config: z
    .looseObject({
      effort,
      format: z.looseObject({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) }).nullish(),
    })
    .nullish(),
})

export type MessagesRequest = z.output<typeof messagesRequest>
export type RequestMessage = z.output<typeof message>
export type RequestBlock = z.output<typeof block>
export type RequestTool = z.output<typeof tool>

/** A message's content as blocks, however it was written. */
export function blocksOf(content: RequestMessage['content']): readonly RequestBlock[] {
  if (content === undefined) return []
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content
}
