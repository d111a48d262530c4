/**
 * What a call may ask of the model API in a turn with commands, which can make calls in Claude Code's place. The first one is
 * Claude Code's own, as no command has run before it; the others may ask for what it asked for. So a command reaches no other
 * model, and through tools and addresses that the model API follows itself no other host.
 */
import { z } from 'zod'

export interface CallRules {
  /** Models that tools of Claude Code ask besides. */
  readonly otherModels: readonly string[]
  /** Whether the model API may search the web. */
  readonly maySearch: boolean
}

/** @returns why the call is refused. Its body has to be as `JSON.stringify` writes it, so that all read the same in it */
export type InspectCall = (body: string) => string | undefined

/** Fields that ask for nothing but an answer. */
const PLAIN_FIELDS = [
  'max_tokens',
  'messages',
  'metadata',
  'model',
  'stop_sequences',
  'stream',
  'system',
  'temperature',
  'thinking',
  'tool_choice',
  'tools',
  'top_k',
  'top_p',
]

/** Blocks that the model API reads, and does nothing about. */
const PLAIN_BLOCKS = [
  'document',
  'image',
  'redacted_thinking',
  'search_result',
  'server_tool_use',
  'text',
  'thinking',
  'tool_reference',
  'tool_result',
  'tool_use',
  'web_search_tool_result',
]

/** Sources that hold what they are. */
const PLAIN_SOURCES = ['base64', 'content', 'text']

const block = z.looseObject({ type: z.string(), source: z.unknown().optional(), content: z.unknown().optional() })
type Block = z.output<typeof block>
const content = z.union([z.string(), z.array(block)])
const source = z.looseObject({ type: z.string(), content: z.unknown().optional() })
const call = z.looseObject({
  model: z.string(),
  max_tokens: z.number(),
  stream: z.literal(true),
  system: content.optional(),
  messages: z.array(z.object({ content })),
  tools: z.array(z.looseObject({ type: z.string().optional() })).optional(),
})

/** What a call asks for, as texts that can be compared. */
interface Asked {
  readonly model: string
  readonly maxTokens: number
  readonly fields: readonly string[]
  readonly tools: readonly string[]
  readonly blocks: readonly string[]
  readonly sources: readonly string[]
}

export function createCallInspector({ otherModels, maySearch }: CallRules): InspectCall {
  let first: Asked | undefined
  return (body) => {
    const asked = read(body)
    if (asked === undefined) return 'it is not a streaming call as Claude Code makes them'
    if (first === undefined) {
      first = asked
      return undefined
    }
    if (asked.model !== first.model && !otherModels.includes(asked.model)) return 'it asks another model'
    if (asked.model === first.model && asked.maxTokens > first.maxTokens) return 'it asks for a longer answer'
    const odd = (some: readonly string[], known: readonly string[]): boolean => some.some((one) => !known.includes(one))
    if (odd(asked.fields, [...PLAIN_FIELDS, ...first.fields])) return 'it has an unknown field'
    const tools = asked.tools.filter((tool) => !(maySearch && tool.startsWith(SEARCH)))
    if (odd(tools, first.tools)) return 'it has another tool of the model API'
    if (odd(asked.blocks, [...PLAIN_BLOCKS, ...first.blocks])) return 'it has an unknown block'
    if (odd(asked.sources, first.sources)) return 'it names another address or file'
    return undefined
  }
}

/** How the tools begin that search the web. */
const SEARCH = '{"type":"web_search_'

/** Undefined for what is no call as Claude Code makes them. */
function read(body: string): Asked | undefined {
  try {
    const value: unknown = JSON.parse(body)
    // A name that is there twice, and whatever else two readers might take for two things.
    if (JSON.stringify(value) !== body) return undefined
    const asked = call.parse(value)
    const blocks = [asked.system, ...asked.messages.map((message) => message.content)].flatMap(blocksIn)
    return {
      model: asked.model,
      maxTokens: asked.max_tokens,
      fields: Object.keys(asked),
      tools: (asked.tools ?? []).flatMap(typedTool),
      blocks: [...new Set(blocks.map(({ type }) => type))],
      sources: blocks.flatMap(farSource),
    }
  } catch {
    return undefined
  }
}

/** With those that are in results of tools, and in documents. */
function blocksIn(given: unknown): Block[] {
  if (!Array.isArray(given)) return []
  return z
    .array(block)
    .parse(given)
    .flatMap((each) => [each, ...blocksIn(each.content), ...blocksIn(source.safeParse(each.source).data?.content)])
}

/** Those without a type are run by whoever asks. */
function typedTool({ type = 'custom', ...rest }: Record<string, unknown> & { type?: string | undefined }): string[] {
  return type === 'custom' ? [] : [JSON.stringify({ type, ...rest })]
}

/** One that holds what it is is none. What is found by a search has its address as text. */
function farSource({ source: given }: Block): string[] {
  if (given === undefined || typeof given === 'string') return []
  const { type } = source.parse(given)
  return PLAIN_SOURCES.includes(type) ? [] : [JSON.stringify(given)]
}
