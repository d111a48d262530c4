/** Calls and their results in the messages of a request, in their present form and the legacy one. */
import type { JsonObject } from '../../turn/json.ts'
import type { ContentBlock, ToolCallBlock, ToolResultBlock } from '../../turn/turn.ts'
import type { ChatMessage } from '../../wire/message.ts'
import { quote } from '../../wire/quote.ts'
import { contentBlocks } from '../content/content-blocks.ts'
import type { ReadArguments } from './call-arguments.ts'
import { wrapInput } from './custom-tool.ts'
import { invalidValue } from '../invalid-value.ts'

type MessageOf<Role> = Extract<ChatMessage, { role: Role }>

/** By what a result names its call: an id, or in the legacy form the function's name. */
interface Reference {
  readonly by: 'id' | 'name'
  readonly of: string
}

export interface GivenCall {
  readonly reference: Reference
  /** Undefined in the legacy form, which has none. */
  readonly id: string | undefined
  readonly name: string
  readonly input: JsonObject
  /** Where it stands in the request. */
  readonly param: string
}

export interface GivenResult {
  readonly reference: Reference
  readonly content: readonly ContentBlock[]
  readonly param: string
}

export interface OpenCall {
  readonly call: GivenCall
  readonly block: ToolCallBlock
}

/** Enough to find the mistake by. */
const MAX_NAMED = 5

/** The calls of an assistant's message, whose place is `at`. */
export function callsOf(message: MessageOf<'assistant'>, at: string, readArguments: ReadArguments): GivenCall[] {
  const calls = (message.tool_calls ?? []).map((call, index): GivenCall => {
    const { id } = call
    const common = { reference: { by: 'id', of: id }, id, param: `${at}.tool_calls[${index}].id` } as const
    switch (call.type) {
      case 'function':
        return { ...common, name: call.function.name, input: readArguments(call.function.arguments) }
      case 'custom':
        return { ...common, name: call.custom.name, input: wrapInput(call.custom.input) }
    }
  })
  if (!message.function_call) return calls
  const { name, arguments: json } = message.function_call
  const reference = { by: 'name', of: name } as const
  return [...calls, { reference, id: undefined, name, input: readArguments(json), param: `${at}.function_call` }]
}

/** @throws ApiError naming a part that cannot be carried. */
export function resultOf(message: MessageOf<'tool' | 'function'>, at: string): GivenResult {
  const content = contentBlocks(message.content ?? '', `${at}.content`)
  return message.role === 'tool'
    ? { reference: { by: 'id', of: message.tool_call_id }, content, param: `${at}.tool_call_id` }
    : { reference: { by: 'name', of: message.name }, content, param: `${at}.name` }
}

/**
 * The results of these calls in the order of the calls. Calls that share an id are answered in their order.
 * @throws ApiError for a result that no call waits for, and for a call without one.
 */
export function settle(open: readonly OpenCall[], results: readonly GivenResult[]): ToolResultBlock[] {
  const waiting = new Map<string, OpenCall[]>()
  for (const entry of open) {
    const key = keyOf(entry.call.reference)
    const same = waiting.get(key)
    if (same === undefined) waiting.set(key, [entry])
    else same.push(entry)
  }
  const answers = new Map<OpenCall, GivenResult>()
  for (const result of results) {
    const entry = waiting.get(keyOf(result.reference))?.shift()
    if (entry === undefined) throw orphan(result)
    answers.set(entry, result)
  }
  return open.map((entry) => {
    const result = answers.get(entry)
    if (result === undefined) throw unanswered(open.filter((other) => !answers.has(other)))
    return { type: 'tool_result', callId: entry.block.id, content: result.content }
  })
}

function keyOf({ by, of }: Reference): string {
  return `${by}:${of}`
}

function orphan({ reference: { by, of }, param }: GivenResult): Error {
  const [role, field] = by === 'id' ? ['tool', 'tool_calls'] : ['function', 'function_call']
  return invalidValue(
    param,
    `messages with role '${role}' must be a response to a preceding message with '${field}', ` +
      `and no call ${by === 'id' ? 'with the id' : 'of'} ${quote(of)} waits for one.`,
  )
}

function unanswered(open: readonly OpenCall[]): Error {
  const [first] = open.map(({ call }) => call)
  const named = open.slice(0, MAX_NAMED).map(({ call }) => quote(call.reference.of))
  const rest = open.length > MAX_NAMED ? ` and ${open.length - MAX_NAMED} more` : ''
  const rule =
    first?.reference.by === 'name'
      ? "an assistant message with 'function_call' must be followed by a function message. Functions without a result:"
      : "an assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
        'Ids without a result:'
  return invalidValue(first?.param ?? 'messages', `${rule} ${named.join(', ')}${rest}.`)
}
