import type { ChatRequest } from '../wire/chat-request.ts'
import type { ChatServiceTier } from '../wire/chat-response.ts'

/** The tier that the answer names: the one that really served it, and only if the request named any. */
export function answeredServiceTier(request: ChatRequest): ChatServiceTier | undefined {
  return request.service_tier === undefined || request.service_tier === null ? undefined : 'default'
}
