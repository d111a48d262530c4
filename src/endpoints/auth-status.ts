import { jsonReply } from '../http/reply.ts'
import { type AuthStatusBody, authStatusSchema } from '../wire/auth-status.ts'
import type { ServiceEndpoint } from './services.ts'

export const authStatus: ServiceEndpoint = {
  operation: {
    summary: 'How Claude Code is logged in',
    description:
      'The method, where it was found, what is missing, and whether callers need a key. Holds no secret and nothing that names the owner of the account.',
    successes: [{ contentType: 'application/json', description: 'The login.', schema: authStatusSchema }],
    errors: [],
  },
  create:
    ({ engine, needsKey }) =>
    () => {
      const { auth, login, provider, state, reason, egress } = engine.status()
      const isFound = auth.method !== 'none'
      const answer: AuthStatusBody = {
        object: 'auth.status',
        method: auth.method,
        source: isFound ? login : null,
        provider,
        subscription: auth.subscription ?? null,
        missing: [...auth.missing],
        state,
        reason: reason ?? null,
        key_held_by: isFound ? (egress ? 'dragoman' : 'claude_code') : null,
        api_key_required: needsKey(),
      }
      return jsonReply(answer)
    },
}
