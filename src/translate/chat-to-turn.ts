/** A chat completions request as a neutral turn. */
import type { Principal, Turn } from '../turn/turn.ts'
import type { ChatRequest } from '../wire/chat-request.ts'
import { toConversation } from './conversation.ts'
import { resolveModelName, type ModelNames } from './model-name.ts'
import { outputLimit } from './output-limit.ts'
import { reasoningEffort } from './reasoning-effort.ts'
import { toolUse } from './tool-use.ts'

export interface ChatContext extends ModelNames {
  readonly requestId: string
  readonly principal: Principal
}

/** @throws ApiError for a model that does not exist, or a message or tool that cannot be carried. */
export function chatToTurn(request: ChatRequest, context: ChatContext): { turn: Turn } {
  const { name, model } = resolveModelName(request.model, context)
  const maxOutputTokens = outputLimit(request)
  const { system, conversation } = toConversation(request.messages)
  const turn: Turn = {
    id: context.requestId,
    principal: context.principal,
    model: name,
    ...(system === undefined ? {} : { system }),
    conversation,
    ...toolUse(request, conversation),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...reasoningEffort(request.reasoning_effort, maxOutputTokens, model),
  }
  return { turn }
}
