/** A chat request becomes a turn; the turn's events become chunks; the whole answer is a fold over the same chunks. */
import { randomUUID } from 'node:crypto'
import { ApiError } from '../errors.ts'
import { eventsReply, jsonReply, type Reply } from '../http/reply.ts'
import type { RequestContext } from '../http/request-context.ts'
import { orAborted } from '../http/until-aborted.ts'
import { callForm } from '../translate/call-form.ts'
import { type Asking, type Attempt, chatToTurn } from '../translate/chat-to-turn.ts'
import { foldChat } from '../translate/fold-chat.ts'
import { reportIgnored, settleFates } from '../translate/fates.ts'
import { FATES, judgeChat } from '../translate/params.ts'
import { holdWhole } from '../translate/reading.ts'
import { answeredServiceTier } from '../translate/service-tier.ts'
import { createChatRenderer, type ChatRenderer } from '../translate/turn-to-chat.ts'
import type { TurnEvent } from '../turn/turn-event.ts'
import { chatChunkSchema, type ChatChunk } from '../wire/chat-chunk.ts'
import { chatRequestSchema } from '../wire/chat-request.ts'
import { chatCompletionSchema } from '../wire/chat-response.ts'
import { parseBody } from '../wire/parse.ts'
import { clip } from '../wire/quote.ts'
import { askChoices } from './ask.ts'
import type { ServiceEndpoint, Services } from './services.ts'
import type { Placed } from './side-by-side.ts'

const FATE_WORDS = { mapped: 'Honoured.', ignored: 'Ignored and reported.', rejected: 'Refused.' } as const

export const chatCompletions: ServiceEndpoint = {
  operation: {
    summary: 'Answer a conversation',
    description:
      'Streams token by token with `stream: true`: one server-sent event for each chunk, then `data: [DONE]`. A failure ' +
      'before the first event has its status; a later one is an event `{"error": …}`, after which the stream ends ' +
      'without `[DONE]`. Silence is filled with comments (`: ping`). Leaving stops the model.',
    body: chatRequestSchema,
    fates: Object.fromEntries(
      Object.entries(FATES).map(([name, { kind, why }]) => [name, `${FATE_WORDS[kind]} ${why}`]),
    ),
    bodyExample: { model: 'sonnet', messages: [{ role: 'user', content: 'Hello!' }] },
    successes: [
      { contentType: 'application/json', description: 'The answer.', schema: chatCompletionSchema },
      { contentType: 'text/event-stream', description: 'With `stream: true`, its chunks.', schema: chatChunkSchema },
    ],
    errors: [
      'missing_required_parameter',
      'invalid_type',
      'invalid_value',
      'empty_array',
      'array_above_max_length',
      'string_above_max_length',
      'invalid_function_parameters',
      'integer_below_min_value',
      'decimal_above_max_value',
      'unsupported_parameter',
      'context_length_exceeded',
      'upstream_invalid_request',
      'model_not_found',
      'rate_limit_exceeded',
      'insufficient_quota',
      'upstream_auth',
      'upstream_error',
      'backend_error',
      'backend_unavailable',
      'not_authenticated',
      'upstream_timeout',
    ],
  },
  admit: ({ engine }) => engine.admit(),
  create: (services) => (context) => answer(services, context),
}

async function answer({ engine, config }: Services, context: RequestContext): Promise<Reply> {
  const { body, id: requestId, principal, replyHeaders, signal } = context
  const request = parseBody(chatRequestSchema, body)
  refuseExtensions(context.extensions)
  const isStrict = config.STRICT_PARAMS
  const { ignored } = settleFates(judgeChat(request), { strict: isStrict })
  const models = await orAborted(engine.models(), signal)
  const { MODEL_ALIASES: aliases, DEFAULT_MODEL: defaultModel } = config
  const names = { models, aliases, defaultModel, provider: engine.status().provider }
  const { capabilities } = engine
  const translate = chatToTurn(request, { requestId, principal, capabilities, ...names })
  const isStream = request.stream === true
  const choices = request.n ?? 1
  const renderer = createChatRenderer({
    id: `chatcmpl-${randomUUID().replaceAll('-', '')}`,
    created: Math.floor(Date.now() / 1000),
    requestedModel: request.model,
    includeUsage: !isStream || request.stream_options?.include_usage === true,
    callForm: callForm(request),
    serviceTier: answeredServiceTier(request),
    choices,
  })
  const question = {
    translate: (attempt: Attempt): Asking => {
      const asking = translate(attempt)
      const dropped = [...ignored, ...reportIgnored(asking.ignored, { strict: isStrict })]
      if (dropped.length > 0) replyHeaders.set('x-dragoman-ignored', dropped.join(', '))
      return isStream ? asking : { ...asking, reading: (events) => holdWhole(asking.reading(events)) }
    },
    newCallId: () => `toolu_${randomUUID().replaceAll('-', '')}`,
  }
  const chunks = render(askChoices(engine, question, choices, signal), renderer)
  return isStream ? eventsReply(chunks) : jsonReply(foldChat(await collect(chunks)))
}

/** Headers that ask for Claude Code's own tools, which this version does not offer: as with a parameter, said and not dropped. */
function refuseExtensions(extensions: Readonly<Record<string, string>>): void {
  const [name] = Object.keys(extensions)
  if (name === undefined) return
  throw new ApiError('unsupported_parameter', {
    message: `The header '${clip(name)}' is not supported.`,
    param: clip(name),
  })
}

async function* render(events: AsyncIterable<Placed<TurnEvent>>, renderer: ChatRenderer): AsyncGenerator<ChatChunk> {
  for await (const { index, value } of events) yield* renderer(value, index)
}

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const value of values) all.push(value)
  return all
}
