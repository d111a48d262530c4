/**
 * A conversation in the form in which Claude Code keeps it on disk, one entry a line, each naming the one before it. A
 * process that is started with it holds the conversation from the beginning, and calls the model just as one that was
 * told message by message does (measured on 2.1.330: the same bytes).
 */
import { randomUUID } from 'node:crypto'
import type { Conversation } from '../turn/turn.ts'
import { type MessageBlock, toAssistantMessage, toUserMessage } from './claude-code.ts'
import { modelOf, toMessageBlock } from './history.ts'

export interface Transcript {
  readonly lines: string
  /** Ids of the first and the last user message, by which it can be cut away again. */
  readonly firstUser: string
  readonly lastUser: string
}

/**
 * Stands at the end of a transcript that ends with a user's message: Claude Code would put in an answer of its own else, and
 * what is marked so it shows, but does not send (measured on 2.1.330).
 */
const UNSENT: MessageBlock = { type: 'text', text: 'not sent' }

/** @param earlier begins with a user message */
export function toTranscript(earlier: Conversation, model: string): Transcript {
  const common = {
    isSidechain: false,
    userType: 'external',
    sessionId: randomUUID(),
    timestamp: new Date().toISOString(),
  }
  const users: string[] = []
  let parentUuid: string | null = null
  const lines: string[] = []
  for (const given of earlier) {
    const { role, content } = given
    const answeredBy = modelOf(given) ?? model
    const uuid: string = randomUUID()
    const blocks = content.map(toMessageBlock)
    if (role === 'user') users.push(uuid)
    const message =
      role === 'user'
        ? toUserMessage(blocks)
        : toAssistantMessage({ id: `msg_${uuid}`, model: answeredBy, content: blocks })
    lines.push(JSON.stringify({ ...common, parentUuid, type: role, message, uuid }))
    parentUuid = uuid
  }
  if (earlier.at(-1)?.role === 'user') {
    const uuid = randomUUID()
    const message = toAssistantMessage({ id: `msg_${uuid}`, model, content: [UNSENT] })
    lines.push(JSON.stringify({ ...common, parentUuid, type: 'assistant', message, uuid, isVirtual: true }))
  }
  const [firstUser] = users
  const lastUser = users.at(-1)
  if (firstUser === undefined || lastUser === undefined) throw new Error('a transcript begins with a user message')
  return { lines: `${lines.join('\n')}\n`, firstUser, lastUser }
}
