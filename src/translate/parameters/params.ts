/**
 * The fate of every request parameter, in one table: a parameter of the schema without a row does not compile. The
 * parameter table of the documentation is generated from it.
 */
import { chatRequestSchema, type ChatRequest } from '../../wire/chat-request.ts'
import type { ChatTool } from '../../wire/tool.ts'
import { type Dropped, type FateTable, judge, type Judgement } from './fates.ts'

export type ChatParameter = keyof ChatRequest

const SAMPLING =
  'Sent to models that take it, without thinking; dropped and named in `x-dragoman-ignored` where the model does not, or where `reasoning_effort` is given.'
const NO_COUNTERPART = 'Claude Code has no counterpart.'
const KEPT = 'Accepted; nothing in the answer depends on it.'

const grammars = (tools: readonly ChatTool[]): Dropped[] =>
  tools.flatMap((tool, index) =>
    tool.type === 'custom' && tool.custom.format?.type === 'grammar'
      ? [{ name: `tools[${index}].custom.format.grammar`, why: 'It is told to the model, which is not held to it.' }]
      : [],
  )

export const FATES: FateTable<ChatRequest> = {
  model: { kind: 'mapped', why: 'The model that Claude Code is asked for.' },
  messages: {
    kind: 'mapped',
    why: 'System prompt and conversation, with images and files (docs/images-and-files.md).',
  },
  stream: { kind: 'mapped', why: 'Server-sent events instead of one body.' },
  stream_options: { kind: 'mapped', why: '`include_usage` sends the usage in one last chunk.' },
  max_completion_tokens: { kind: 'mapped', why: 'Limit on output tokens, capped to what the model can write.' },
  max_tokens: { kind: 'mapped', why: 'As `max_completion_tokens`, which wins.' },
  reasoning_effort: { kind: 'mapped', why: 'Effort and thinking, capped to the levels of the model.' },

  temperature: { kind: 'mapped', why: `${SAMPLING} Above 1 it is 1.` },
  top_p: {
    kind: 'mapped',
    why: `${SAMPLING} Also dropped where the model takes it only without a temperature: Claude Code always sends one.`,
  },
  top_k: { kind: 'mapped', why: SAMPLING },
  frequency_penalty: { kind: 'ignored', why: NO_COUNTERPART, isDefault: (value) => value === 0 },
  presence_penalty: { kind: 'ignored', why: NO_COUNTERPART, isDefault: (value) => value === 0 },
  logit_bias: { kind: 'ignored', why: NO_COUNTERPART, isDefault: (value) => Object.keys(value).length === 0 },
  seed: { kind: 'ignored', why: NO_COUNTERPART },
  stop: {
    kind: 'mapped',
    why: 'The text ends before the first of them. Sequences of white space are looked for by Dragoman, which stops the model there; the output tokens of such an answer are estimated.',
  },
  n: { kind: 'mapped', why: 'That many answers side by side. The prompt counts once in `usage`, the output of all.' },
  logprobs: {
    kind: 'rejected',
    why: 'The model API gives no token probabilities.',
    isDefault: (value) => !value,
  },
  top_logprobs: {
    kind: 'rejected',
    why: 'The model API gives no token probabilities.',
    isDefault: (value) => value === 0,
  },

  response_format: {
    kind: 'mapped',
    why: '`json_schema` is held natively where the model and the schema allow it, and asked for in words otherwise, as `json_object` always is. The answer is checked against the schema before it is complete.',
  },
  modalities: {
    kind: 'rejected',
    why: 'Only text can be written.',
    isDefault: (value) => value.every((modality) => modality === 'text'),
  },
  audio: { kind: 'rejected', why: 'Only text can be written.' },
  verbosity: { kind: 'ignored', why: NO_COUNTERPART, isDefault: (value) => value === 'medium' },
  prediction: { kind: 'ignored', why: NO_COUNTERPART },

  tools: {
    kind: 'mapped',
    why: 'Functions and custom tools that the model may call. `strict` holds where the model API takes the schema, and is ignored otherwise. The `grammar` of a custom tool is told to the model, not enforced: ignored.',
    ignoredParts: grammars,
  },
  tool_choice: {
    kind: 'mapped',
    why: 'Whether the model may, must or must not call, and which; `allowed_tools` offers those alone. A model that cannot be forced is brought to it in other ways: by an answer in the form of the arguments, or by words.',
  },
  parallel_tool_calls: { kind: 'mapped', why: '`false` for one call at most.' },
  functions: {
    kind: 'mapped',
    why: 'The older form of `tools`, answered by `function_call`. Not together with `tools`.',
  },
  function_call: { kind: 'mapped', why: 'The older form of `tool_choice`.' },
  web_search_options: {
    kind: 'mapped',
    why: "Claude Code's own search of the web, where the caller may use it. The pages that the answer links to come as `annotations`. Size and place of the search have no counterpart: ignored.",
    ignoredParts: searchParts,
  },

  metadata: { kind: 'mapped', why: KEPT },
  user: { kind: 'mapped', why: KEPT },
  safety_identifier: { kind: 'mapped', why: KEPT },
  store: { kind: 'ignored', why: 'Answers are not kept for retrieval.', isDefault: (value) => !value },
  service_tier: {
    kind: 'mapped',
    why: '`default` asks for standard capacity alone; the others let the model API use reserved capacity where the account has some. The answer says which it was: `default` or `priority`.',
  },
  prompt_cache_key: { kind: 'mapped', why: KEPT },
  prompt_cache_options: { kind: 'mapped', why: KEPT },
  prompt_cache_retention: { kind: 'ignored', why: NO_COUNTERPART, isDefault: (value) => value !== '24h' },
  moderation: { kind: 'rejected', why: 'No moderation is offered.' },

  session_id: {
    kind: 'mapped',
    why: "The messages are added to the caller's stored conversation of that name, and answered with all of it. Needs `n: 1`.",
  },
  enable_tools: {
    kind: 'mapped',
    why: "The model may use those of Claude Code's own tools that the caller may. Needs `n: 1`, a free `tool_choice` and a free `response_format`.",
  },
}

type SearchOptions = NonNullable<ChatRequest['web_search_options']>

function searchParts({ search_context_size: size, user_location: place }: SearchOptions): readonly Dropped[] {
  return [
    ...(size && size !== 'medium' ? [{ name: 'web_search_options.search_context_size', why: NO_COUNTERPART }] : []),
    ...(place ? [{ name: 'web_search_options.user_location', why: NO_COUNTERPART }] : []),
  ]
}

/** Every parameter, in the order of the schema. */
export const CHAT_PARAMETERS: readonly ChatParameter[] = chatRequestSchema.keyof().options

export function judgeChat(request: ChatRequest): Judgement[] {
  return judge(FATES, CHAT_PARAMETERS, request)
}
