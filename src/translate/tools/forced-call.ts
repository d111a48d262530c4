/**
 * A call that has to come, with a model that cannot be forced to call. A function that is named is met by an answer that
 * is held to its schema, and that becomes the call; any function by words, and an answer without a call is refused.
 */
import type { JsonObject } from '../../turn/json.ts'
import type { TurnEvent } from '../../turn/turn-event.ts'
import { TurnFailure } from '../../turn/turn-failure.ts'
import type { Conversation, Tool, ToolUse } from '../../turn/turn.ts'
import type { Reading } from '../answers/reading.ts'

/** How a choice is met, and what the question needs for it. */
export interface MetChoice {
  readonly toolUse: ToolUse
  readonly outputSchema?: JsonObject
  /** Words for the end of the question. */
  readonly note: string
  readonly reading: Reading
}

export interface ForcedCall {
  readonly toolUse: ToolUse
  /** A schema as the model API can hold an answer to it; undefined where it cannot. */
  readonly nativeSchema: (schema: JsonObject) => JsonObject | undefined
  /** For the call that an answer becomes. */
  readonly callId: string
}

/** Undefined where nothing is forced. */
export function meetForcedCall({ toolUse, nativeSchema, callId }: ForcedCall): MetChoice | undefined {
  const { choice, tools } = toolUse
  if (choice === 'auto' || choice === 'none') return undefined
  if (choice === 'any') {
    const names = tools.map(({ name }) => name)
    return { toolUse: { ...toolUse, choice: 'auto' }, note: mustCall(names), reading: requireCall }
  }
  const named = tools.find(({ name }) => name === choice.name)
  const schema = named === undefined ? undefined : nativeSchema(named.inputSchema)
  if (named === undefined || schema === undefined) {
    const only = tools.filter(({ name }) => name === choice.name)
    return { toolUse: { ...toolUse, tools: only, choice: 'auto' }, note: mustCall([choice.name]), reading: requireCall }
  }
  return {
    // Calls of the conversation so far need their definitions.
    toolUse: { ...toolUse, choice: 'none' },
    outputSchema: schema,
    note: argumentsOf(named),
    reading: (events) => readAsCall(events, { id: callId, name: named.name }),
  }
}

/** The words become the last of the question. */
export function withNote(conversation: Conversation, note: string): Conversation {
  return conversation.map((message, index) =>
    index === conversation.length - 1
      ? { ...message, content: [...message.content, { type: 'text', text: note }] }
      : message,
  )
}

function mustCall(names: readonly string[]): string {
  const which = names.length === 1 ? `the function ${names[0]}` : 'at least one of the functions that you have'
  return `<system-message>\nAnswer by calling ${which}. Do not answer in words.\n</system-message>`
}

function argumentsOf({ name, description }: Tool): string {
  const what = description === undefined ? '' : ` Its description: ${description}`
  return (
    '<system-message>\n' +
    `Answer with the arguments for a call of the function ${name}, as JSON and nothing else.${what}\n` +
    '</system-message>'
  )
}

/** The text of an answer as the arguments of a call. */
async function* readAsCall(
  events: AsyncIterable<TurnEvent>,
  call: { readonly id: string; readonly name: string },
): AsyncGenerator<TurnEvent> {
  let begun = false
  for await (const event of events) {
    if (event.type === 'text') {
      if (!begun) yield { type: 'tool_call', ...call }
      begun = true
      yield { type: 'tool_arguments', json: event.text }
    } else if (event.type === 'finish' && begun && (event.reason === 'done' || event.reason === 'stop_sequence'))
      yield { ...event, reason: 'tool_calls' }
    else yield event
  }
}

/** What is said before a call waits for it: an answer without one can still be asked for again. */
async function* requireCall(events: AsyncIterable<TurnEvent>): AsyncGenerator<TurnEvent> {
  const held: TurnEvent[] = []
  let called = false
  for await (const event of events) {
    called ||= event.type === 'tool_call'
    if (event.type === 'finish' && !called && event.reason !== 'length' && event.reason !== 'refusal')
      throw new TurnFailure('answer_rejected', 'the model called nothing, although it had to')
    if (!called && event.type !== 'finish') {
      held.push(event)
      continue
    }
    yield* held.splice(0)
    yield event
  }
}
