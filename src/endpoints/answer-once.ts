/**
 * The same request with the same `Idempotency-Key` is answered once: who sends it again gets the same answer, and asks no
 * model. An answer is kept when it is whole. A request that failed or was left is done anew.
 */
import { z } from 'zod'
import type { OpenAnswer } from '../idempotency/idempotency-keys.ts'
import type { DocumentReply, EventsReply, Reply } from '../http/reply.ts'
import type { RequestContext } from '../http/request-context.ts'
import { untilAborted } from '../http/until-aborted.ts'
import type { Handler } from '../http/route.ts'
import type { Services } from './services.ts'

/** Tells which parameters were ignored: as much a part of the answer as its body. */
const KEPT_HEADERS = /^x-dragoman-/

const headersSchema = z.record(z.string(), z.string())
const keptSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('document'),
    status: z.number(),
    contentType: z.string(),
    body: z.string(),
    headers: headersSchema,
  }),
  z.object({ kind: z.literal('events'), events: z.array(z.unknown()), headers: headersSchema }),
])

/** Chunks of both endpoints. */
const chunkSchema = z.object({ choices: z.array(z.object({ finish_reason: z.string().nullable() })) })

export function answerOnce({ idempotencyKeys }: Services, handle: Handler): Handler {
  return async (context) => {
    const { idempotency, config, principal } = context
    if (idempotency === undefined || config.IDEMPOTENCY_TTL === 0) return handle(context)
    const begun = await idempotencyKeys.begin({ ...idempotency, principalId: principal.id, requestId: context.id })
    if (begun.kind === 'kept') return replay(begun.answer, context)
    try {
      const reply = await handle(context)
      if (reply.kind === 'events') return { kind: 'events', events: keepEvents(begun, reply, context) }
      await begun.keep(shortEnough(JSON.stringify({ ...reply, headers: keptHeaders(context) }), begun))
      return reply
    } catch (error) {
      await begun.release()
      throw error
    }
  }
}

function replay(answer: string, { note, replyHeaders, signal, takeRoom }: RequestContext): Reply {
  takeRoom(answer.length)
  const kept = keptSchema.parse(JSON.parse(answer))
  note({ replayed: 'yes' })
  for (const [name, value] of Object.entries(kept.headers)) replyHeaders.set(name, value)
  replyHeaders.set('idempotent-replayed', 'true')
  if (kept.kind === 'events') return { kind: 'events', events: untilAborted(eventsOf(kept.events), signal) }
  const { status, contentType, body }: Omit<DocumentReply, 'kind'> = kept
  return { kind: 'document', status, contentType, body }
}

// oxlint-disable-next-line typescript/require-await -- a stream by contract
async function* eventsOf(events: readonly unknown[]): AsyncGenerator {
  yield* events
}

/** Whoever has seen the end of an answer may not find its key free: the end is held until the answer is kept. */
async function* keepEvents(open: OpenAnswer, { events }: EventsReply, context: RequestContext): AsyncGenerator {
  const seen: string[] = []
  let headers: Readonly<Record<string, string>> = {}
  let length = 0
  let held: unknown[] = []
  try {
    for await (const event of events) {
      // They go out with the first event: what the model turns out not to take is known by then, and not before.
      if (length === 0) headers = keptHeaders(context)
      const json = JSON.stringify(event)
      length += json.length
      if (length <= open.longest) seen.push(json)
      else seen.length = 0
      held.push(event)
      if (tellsEnd(event)) continue
      yield* held
      held = []
    }
    const kept = `{"kind":"events","headers":${JSON.stringify(headers)},"events":[${seen.join(',')}]}`
    await open.keep(length > open.longest ? undefined : kept)
    yield* held
  } finally {
    await open.release()
  }
}

/** The end of all choices that it speaks of, or what comes after it. Of several, another one may go on. */
function tellsEnd(event: unknown): boolean {
  const { data } = chunkSchema.safeParse(event)
  return data !== undefined && data.choices.every(({ finish_reason: reason }) => reason !== null)
}

function shortEnough(answer: string, { longest }: OpenAnswer): string | undefined {
  return answer.length > longest ? undefined : answer
}

function keptHeaders({ replyHeaders }: RequestContext): Record<string, string> {
  return Object.fromEntries([...replyHeaders].filter(([name]) => KEPT_HEADERS.test(name)))
}
