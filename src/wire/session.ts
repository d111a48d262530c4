/** Conversations that live on the server. */
import { z } from 'zod'
import { messageSchema } from './message.ts'

/** Names that a path can be made of: dots alone, backslashes and what has a route of its own cannot. */
export const sessionIdSchema = z
  .string()
  .regex(
    /^(?!(?:\.{1,2}|stats)$)[^\p{C}\\]{1,128}$/u,
    'expected 1 to 128 characters that can be printed, without backslashes',
  )

/** What an answer says of the session that it belongs to. */
export const sessionPlaceSchema = z
  .strictObject({
    id: z.string().describe('The `session_id` of the request.'),
    turn: z.int().min(1).describe('Which turn of the session this is.'),
  })
  .meta({ id: 'SessionPlace' })

const sealed = z.discriminatedUnion('type', [
  z.object({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() }),
  z.object({ type: z.literal('redacted_thinking'), data: z.string() }),
])

const thoughts = z.object({
  callIds: z.array(z.string()).readonly(),
  asked: z.string(),
  answeredBy: z.string(),
  thoughts: z.array(z.object({ sealed, textBefore: z.int(), callsBefore: z.int() })).readonly(),
})

/** What a turn adds to a session, as it is stored: messages as the caller gave them, and the answer. */
export const sessionTurnSchema = z.object({ messages: z.array(messageSchema), thoughts: thoughts.optional() })

export type StoredTurn = z.output<typeof sessionTurnSchema>

export const sessionSystemSchema = z.array(messageSchema)

const count = z.int().min(0)

const facts = {
  id: z.string(),
  object: z.literal('session'),
  created_at: z.int().describe('Unix time in seconds, as those below.'),
  last_used_at: z.int(),
  expires_at: z.int(),
  model: z.string().nullable().describe('The one that answered last.'),
  turns: count,
  message_count: count.describe('Without the system prompt.'),
  bytes: count,
  busy: z.boolean().describe('A request is adding a turn.'),
}

export const sessionSchema = z.strictObject(facts).meta({ id: 'Session' })
export type WireSession = z.output<typeof sessionSchema>

export const sessionListSchema = z
  .strictObject({
    object: z.literal('list'),
    data: z.array(sessionSchema),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  })
  .meta({ id: 'SessionList' })
export type WireSessionList = z.output<typeof sessionListSchema>

export const sessionContentSchema = z
  .strictObject({
    ...facts,
    messages: z.array(messageSchema),
    usage: z
      .strictObject({
        num_model_requests: count,
        input_tokens: count,
        input_cached_tokens: count,
        input_cache_write_tokens: count,
        output_tokens: count,
        reasoning_tokens: count,
        cost: z.number().min(0).describe('USD.'),
      })
      .describe('Of all its turns, also those that failed.'),
  })
  .meta({ id: 'SessionContent' })
export type WireSessionContent = z.output<typeof sessionContentSchema>

export const sessionStatsSchema = z
  .strictObject({
    object: z.literal('session.stats'),
    sessions: count,
    busy: count,
    turns: count,
    messages: count,
    bytes: count,
  })
  .meta({ id: 'SessionStats' })
export type WireSessionStats = z.output<typeof sessionStatsSchema>

export const sessionDeletedSchema = z
  .strictObject({ id: z.string(), object: z.literal('session.deleted'), deleted: z.literal(true) })
  .meta({ id: 'SessionDeleted' })
export type WireSessionDeleted = z.output<typeof sessionDeletedSchema>

export const sessionQuerySchema = z.object({
  limit: z
    .string()
    .refine(
      (text) => /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= 100,
      'expected a number from 1 to 100',
    )
    .transform(Number)
    .optional(),
  // Nothing else was ever a name, and PostgreSQL takes no NUL.
  after: z
    .string()
    .regex(/^[^\p{C}]{1,128}$/u)
    .optional(),
})
