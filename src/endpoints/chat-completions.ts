/** A chat request becomes a turn; the turn's events become chunks; the whole answer is a fold over the same chunks. */
import { randomUUID } from 'node:crypto'
import { eventsReply, jsonReply, type Reply } from '../http/reply.ts'
import type { RequestContext } from '../http/request-context.ts'
import { orAborted } from '../http/until-aborted.ts'
import { callForm } from '../translate/tools/call-form.ts'
import { type ChatContext, chatToTurn } from '../translate/chat-to-turn.ts'
import { foldChat } from '../translate/answers/fold-chat.ts'
import { FATES, judgeChat } from '../translate/parameters/params.ts'
import { checkResponseFormat } from '../translate/response-format.ts'
import { answeredServiceTier } from '../translate/parameters/service-tier.ts'
import { createChatRenderer } from '../translate/answers/turn-to-chat.ts'
import { chatChunkSchema } from '../wire/chat-chunk.ts'
import { type ChatRequest, chatRequestSchema } from '../wire/chat-request.ts'
import { chatCompletionSchema } from '../wire/chat-response.ts'
import { parseBody } from '../wire/parse.ts'
import { answerOnce } from './answer-once.ts'
import { askAll } from './ask.ts'
import { describeFates } from './describe-fates.ts'
import { endUserOf } from './end-user.ts'
import { createQuestions, heldSchemas, translationContext } from './question.ts'
import { noteTurns } from './note-turns.ts'
import { grantOwnTools, type OpenTools, wantsToolEvents } from './own-tools.ts'
import { collect, renderAll } from './render-all.ts'
import type { ServiceEndpoint, Services } from './services.ts'
import { openSession, type OpenSession } from './session-turn.ts'
import { SESSION_ERRORS, TURN_ERRORS } from './turn-errors.ts'

export const chatCompletions: ServiceEndpoint = {
  operation: {
    summary: 'Answer a conversation',
    description:
      'Streams token by token with `stream: true`: one server-sent event for each chunk, then `data: [DONE]`. A failure ' +
      'before the first event has its status; a later one is an event `{"error": …}`, after which the stream ends ' +
      'without `[DONE]`. Silence is filled with comments (`: ping`). Leaving stops the model.',
    body: chatRequestSchema,
    fates: describeFates(FATES),
    bodyExample: { model: 'sonnet', messages: [{ role: 'user', content: 'Hello!' }] },
    successes: [
      { contentType: 'application/json', description: 'The answer.', schema: chatCompletionSchema },
      { contentType: 'text/event-stream', description: 'With `stream: true`, its chunks.', schema: chatChunkSchema },
    ],
    errors: [...TURN_ERRORS, 'invalid_json_schema', ...SESSION_ERRORS],
  },
  admit: ({ engine }, principal) => engine.admit(principal.id),
  create: (services) => answerOnce(services, (context) => answer(services, context)),
}

async function answer(services: Services, context: RequestContext): Promise<Reply> {
  const { engine, schemas } = services
  const { body, config, replyHeaders, signal, meter } = context
  const asked = parseBody(chatRequestSchema, body)
  const granted = await grantOwnTools(services, asked, context)
  const request = granted?.request ?? asked
  meter.note(endUserOf(request))
  const isStream = request.stream === true
  const isStrict = config.STRICT_PARAMS
  const toQuestion = createQuestions({ judgements: judgeChat(asked), isStrict, isStream, replyHeaders })
  await orAborted(checkResponseFormat(request, heldSchemas(schemas, context)), signal)
  const session = await sessionOf(services, request, context)
  let tools: OpenTools | undefined
  try {
    tools = await granted?.open(session)
    const whole = session === undefined ? request : { ...request, messages: [...session.messages] }
    const translation = {
      ...(await translationContext(services, context)),
      ...earlierOf(session),
      ...(tools === undefined ? {} : { ownTools: tools.ownTools }),
    }
    const translate = chatToTurn(whole, translation)
    const choices = request.n ?? 1
    const renderer = createChatRenderer({
      id: `chatcmpl-${randomUUID().replaceAll('-', '')}`,
      created: Math.floor(Date.now() / 1000),
      requestedModel: request.model,
      includeUsage: !isStream || request.stream_options?.include_usage === true,
      callForm: callForm(request),
      tellTier: (served) => answeredServiceTier(request, served),
      includeToolEvents: wantsToolEvents(request, context),
      session: session?.place,
      choices,
    })
    const questions = Array.from({ length: choices }, () => toQuestion(translate))
    const answers = askAll(engine, questions, context)
    const events = noteTurns(tools?.hear(answers) ?? answers, context)
    const chunks = renderAll(session?.hear(events) ?? events, renderer)
    const kept = session?.keep(chunks) ?? chunks
    return isStream ? eventsReply(kept) : jsonReply(foldChat(await collect(kept)))
  } catch (error) {
    await tools?.close()
    await session?.release()
    throw error
  }
}

async function sessionOf(
  { sessions }: Services,
  request: ChatRequest,
  context: RequestContext,
): Promise<OpenSession | undefined> {
  const { session_id: name } = request
  if (name === undefined || name === null) return undefined
  const session = await openSession(sessions, { ...request, session_id: name }, context)
  context.note({ sessionTurn: session.place.turn })
  return session
}

const earlierOf = (session: OpenSession | undefined): Pick<ChatContext, 'earlierMessages' | 'thoughts'> =>
  session === undefined ? {} : { earlierMessages: session.earlier, thoughts: session.thoughts }
