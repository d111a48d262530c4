/** A request's turn in a session: what was said before comes before its messages, and its answer is stored before its end is told. */
import { ApiError } from '../errors.ts'
import type { RequestContext } from '../http/request-context.ts'
import type { Sessions, SessionTurn } from '../sessions/sessions.ts'
import { createChoiceFold } from '../translate/answers/fold-chat.ts'
import type { Transcript } from '../turn/own-tools.ts'
import type { Thoughts } from '../turn/thoughts.ts'
import type { TurnEvent } from '../turn/turn-event.ts'
import type { ChatChunk } from '../wire/chat-chunk.ts'
import type { ChatRequest } from '../wire/chat-request.ts'
import type { ChatMessage } from '../wire/message.ts'
import { sessionSystemSchema, type StoredTurn } from '../wire/session.ts'
import { readStoredTurns } from './read-stored-turns.ts'
import type { Placed } from './side-by-side.ts'

export interface OpenSession {
  /** The whole conversation. */
  readonly messages: readonly ChatMessage[]
  /** How many of them are not the request's own. */
  readonly earlier: number
  readonly thoughts: readonly Thoughts[]
  readonly place: { readonly id: string; readonly turn: number }
  hear(events: AsyncIterable<Placed<TurnEvent>>): AsyncGenerator<Placed<TurnEvent>>
  /** The chunks, of which the one that tells the end waits until the turn is stored. A turn that does not end is none. */
  keep(chunks: AsyncIterable<ChatChunk>): AsyncGenerator<ChatChunk>
  /** What Claude Code writes down of its own tools' steps. */
  transcript(): Transcript
  readonly sessionId: string
  release(): Promise<void>
}

/** @throws ApiError for a request that cannot be a turn, and as `Sessions.begin` does. */
export async function openSession(
  sessions: Sessions,
  request: ChatRequest & { readonly session_id: string },
  { id: requestId, principal, meter, takeRoom }: Pick<RequestContext, 'id' | 'principal' | 'meter' | 'takeRoom'>,
): Promise<OpenSession> {
  const { session_id: name, messages: given } = request
  if ((request.n ?? 1) > 1) {
    throw new ApiError('invalid_value', { message: "A session goes on from one answer: 'n' has to be 1.", param: 'n' })
  }
  const bytes = Buffer.byteLength(JSON.stringify(given))
  const added = { messages: given.length, bytes }
  const turn = await sessions.begin({ principalId: principal.id, name, requestId, ...added, takeRoom })
  try {
    meter.note({ session: turn.sessionId })
    return await readSession(turn, request)
  } catch (error) {
    await turn.release()
    throw error
  }
}

async function readSession(
  turn: SessionTurn,
  { session_id: name, messages: given }: ChatRequest,
): Promise<OpenSession> {
  const stored = await readStoredTurns(turn.earlier)
  const known = sessionSystemSchema.parse(JSON.parse(turn.system))
  const { system, said } = withSystem(known, given, stored.length > 0)
  const before = [...system, ...stored.flatMap(({ messages }) => messages)]
  let thoughts: Thoughts | undefined
  const commit = async (answer: ChatMessage, model: string): Promise<void> => {
    const added: StoredTurn = {
      messages: [...said, answer],
      ...(thoughts === undefined ? {} : { thoughts }),
    }
    await turn.commit({
      ...(system === known ? {} : { system: JSON.stringify(system) }),
      content: JSON.stringify(added),
      messages: added.messages.length,
      model,
    })
  }
  return {
    messages: [...before, ...said],
    earlier: before.length - (given.length - said.length),
    thoughts: stored.flatMap((each) => each.thoughts ?? []),
    place: { id: name ?? '', turn: turn.number },
    sessionId: turn.sessionId,
    transcript: () => turn.transcript(),
    release: () => turn.release(),
    async *hear(events) {
      for await (const placed of events) {
        if (placed.value.type === 'finish') thoughts = placed.value.thoughts
        yield placed
      }
    },
    async *keep(chunks) {
      const fold = createChoiceFold(0)
      try {
        for await (const chunk of chunks) {
          for (const choice of chunk.choices) fold.add(choice)
          if (chunk.choices.some((choice) => choice.finish_reason !== null)) {
            await commit(toStored(fold.whole().message), chunk.model)
          }
          yield chunk
        }
      } finally {
        await turn.release()
      }
    },
  }
}

/** System messages that a request begins with take the place of the session's. */
function withSystem(
  stored: readonly ChatMessage[],
  given: readonly ChatMessage[],
  isBegun: boolean,
): { system: readonly ChatMessage[]; said: readonly ChatMessage[] } {
  const first = given.findIndex(({ role }) => role !== 'system' && role !== 'developer')
  // With nothing else, they are the question.
  const split = first === -1 ? (isBegun ? 0 : given.length - 1) : first
  return split === 0 ? { system: stored, said: given } : { system: given.slice(0, split), said: given.slice(split) }
}

type Answer = ReturnType<ReturnType<typeof createChoiceFold>['whole']>['message']

/** As the caller would send it back. */
function toStored({ content, refusal, tool_calls: calls, function_call: call }: Answer): ChatMessage {
  return {
    role: 'assistant',
    content,
    ...(refusal === null ? {} : { refusal }),
    ...(calls === undefined ? {} : { tool_calls: calls }),
    ...(call === undefined ? {} : { function_call: call }),
  }
}
