import { ApiError } from '../errors.ts'
import { jsonReply } from '../http/reply.ts'
import type { SessionContent, SessionFacts } from '../sessions/sessions.ts'
import { parseBody } from '../wire/parse.ts'
import {
  sessionContentSchema,
  sessionDeletedSchema,
  sessionListSchema,
  sessionQuerySchema,
  sessionStatsSchema,
  sessionSystemSchema,
  type WireSession,
  type WireSessionContent,
  type WireSessionDeleted,
  type WireSessionList,
  type WireSessionStats,
} from '../wire/session.ts'
import { readStoredTurns } from './read-stored-turns.ts'
import type { ServiceEndpoint } from './services.ts'

const PER_PAGE = 20
const params = { id: 'The `session_id`, which may contain slashes.' }

export const sessions: ServiceEndpoint = {
  operation: {
    summary: "List the caller's sessions",
    description: 'Those that were used last come first.',
    query: {
      limit: 'So many at most: 1 to 100 (default: 20).',
      after: 'Those after the session of this id: `last_id` of the page before.',
    },
    successes: [{ contentType: 'application/json', description: 'The sessions.', schema: sessionListSchema }],
    errors: ['invalid_value', 'store_unavailable'],
  },
  create:
    ({ sessions: stored }) =>
    async ({ query, principal }) => {
      const { limit: most = PER_PAGE, after } = parseBody(sessionQuerySchema, query)
      const { sessions: found, hasMore } = await stored.list(principal.id, { after, most })
      const answer: WireSessionList = {
        object: 'list',
        data: found.map(toWire),
        first_id: found[0]?.name ?? null,
        last_id: found.at(-1)?.name ?? null,
        has_more: hasMore,
      }
      return jsonReply(answer)
    },
}

export const session: ServiceEndpoint = {
  operation: {
    summary: 'Read a session',
    description: 'What was said in it, as a request would give it, and what its turns took.',
    params,
    successes: [{ contentType: 'application/json', description: 'The session.', schema: sessionContentSchema }],
    errors: ['not_found', 'store_unavailable'],
  },
  create:
    ({ sessions: stored }) =>
    async ({ params: { id = '' }, principal, takeRoom }) => {
      const found = await stored.find(principal.id, id, takeRoom)
      if (found === undefined) throw new ApiError('not_found')
      return jsonReply(await contentOf(found))
    },
}

export const removeSession: ServiceEndpoint = {
  operation: {
    summary: 'Remove a session',
    description: 'With all that was said in it. Not while a request adds a turn.',
    params,
    successes: [{ contentType: 'application/json', description: 'It is gone.', schema: sessionDeletedSchema }],
    errors: ['not_found', 'session_busy', 'store_unavailable'],
  },
  create:
    ({ sessions: stored }) =>
    async ({ params: { id = '' }, principal }) => {
      if (!(await stored.remove(principal.id, id))) throw new ApiError('not_found')
      const answer: WireSessionDeleted = { id, object: 'session.deleted', deleted: true }
      return jsonReply(answer)
    },
}

export const sessionStats: ServiceEndpoint = {
  operation: {
    summary: "Count the caller's sessions",
    description: 'How many there are, and how much is in them.',
    successes: [{ contentType: 'application/json', description: 'The counts.', schema: sessionStatsSchema }],
    errors: ['store_unavailable'],
  },
  create:
    ({ sessions: stored }) =>
    async ({ principal }) => {
      const answer: WireSessionStats = { object: 'session.stats', ...(await stored.stats(principal.id)) }
      return jsonReply(answer)
    },
}

const seconds = (ms: number): number => Math.floor(ms / 1000)

function toWire(facts: SessionFacts): WireSession {
  return {
    id: facts.name,
    object: 'session',
    created_at: seconds(facts.createdAt),
    last_used_at: seconds(facts.usedAt),
    expires_at: seconds(facts.expiresAt),
    model: facts.model,
    turns: facts.turns,
    message_count: facts.messages,
    bytes: facts.bytes,
    busy: facts.isBusy,
  }
}

async function contentOf({ facts, system, turns, taken }: SessionContent): Promise<WireSessionContent> {
  const said = (await readStoredTurns(turns)).flatMap(({ messages }) => messages)
  return {
    ...toWire(facts),
    messages: [...sessionSystemSchema.parse(JSON.parse(system)), ...said],
    usage: {
      num_model_requests: taken.calls,
      input_tokens: taken.inputTokens,
      input_cached_tokens: taken.cacheReadTokens,
      input_cache_write_tokens: taken.cacheWriteTokens,
      output_tokens: taken.outputTokens,
      reasoning_tokens: taken.reasoningTokens,
      cost: taken.costNano / 1e9,
    },
  }
}
