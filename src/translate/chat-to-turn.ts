/** A chat completions request as a neutral turn, and how its answer is to be read. */
import { type Capabilities, type Feature, without } from '../turn/capabilities.ts'
import type { Principal, Turn } from '../turn/turn.ts'
import type { ChatRequest } from '../wire/chat-request.ts'
import { toConversation } from './conversation.ts'
import { meetForcedCall, withNote } from './forced-call.ts'
import { resolveModelName, type ModelNames } from './model-name.ts'
import { outputLimit } from './output-limit.ts'
import { type Reading, readThrough } from './reading.ts'
import { reasoningEffort } from './reasoning-effort.ts'
import { sampling } from './sampling.ts'
import { stopSequences } from './stop-sequences.ts'
import { toolUse } from './tool-use.ts'

export interface ChatContext extends ModelNames {
  readonly requestId: string
  readonly principal: Principal
  /** What a model takes, by the name that Claude Code knows it by. */
  readonly capabilities: (model: string) => Capabilities
}

/** What makes one translation of a request differ from another. */
export interface Attempt {
  /** What the model API has refused of the same request before. */
  readonly refused?: readonly Feature[]
  /** Unique: for a call that is not the model's own. */
  readonly callId: string
}

export interface Asking {
  readonly turn: Turn
  readonly reading: Reading
  /** Parameters that this model does not take, or parts of them. */
  readonly ignored: readonly string[]
}

/**
 * Checks a request as a whole, and gives back what translates it: more than once where the model turns out to take less.
 * @throws ApiError for a model that does not exist, or a message or tool that cannot be carried.
 */
export function chatToTurn(request: ChatRequest, context: ChatContext): (attempt: Attempt) => Asking {
  const { name, model } = resolveModelName(request.model, context)
  const maxOutputTokens = outputLimit(request)
  const { system, conversation } = toConversation(request.messages)
  const offered = toolUse(request, conversation).toolUse
  const common = {
    id: context.requestId,
    principal: context.principal,
    model: name,
    ...(system === undefined ? {} : { system }),
    conversation,
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...reasoningEffort(request.reasoning_effort, maxOutputTokens, model),
  }
  return ({ refused = [], callId }) => {
    const capabilities = refused.reduce(without, context.capabilities(name))
    const { ignored, ...chosen } = sampling(request, capabilities)
    const forced =
      offered === undefined || capabilities.forcedToolChoice
        ? undefined
        : meetForcedCall({ toolUse: offered, nativeSchema: () => undefined, callId })
    const turn: Turn = {
      ...common,
      ...(forced === undefined ? {} : { conversation: withNote(conversation, forced.note) }),
      ...(offered === undefined ? {} : { toolUse: forced?.toolUse ?? offered }),
      ...(forced?.outputSchema === undefined ? stopSequences(request) : { outputSchema: forced.outputSchema }),
      ...chosen,
    }
    return { turn, reading: readThrough(forced === undefined ? [] : [forced.reading]), ignored }
  }
}
