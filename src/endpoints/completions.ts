/** Legacy text completions: each prompt becomes a chat of its own. */
import { randomUUID } from 'node:crypto'
import { eventsReply, jsonReply, type Reply } from '../http/reply.ts'
import type { RequestContext } from '../http/request-context.ts'
import { chatToTurn } from '../translate/chat-to-turn.ts'
import { COMPLETION_FATES, judgeCompletion } from '../translate/parameters/completion-params.ts'
import { completionToChats, echoesOf } from '../translate/completion-to-chat.ts'
import { foldCompletion } from '../translate/answers/fold-completion.ts'
import { createCompletionRenderer } from '../translate/answers/turn-to-completion.ts'
import { completionRequestSchema } from '../wire/completion-request.ts'
import { completionChunkSchema, completionSchema } from '../wire/completion-response.ts'
import { parseBody } from '../wire/parse.ts'
import { answerOnce } from './answer-once.ts'
import { askAll } from './ask.ts'
import { describeFates } from './describe-fates.ts'
import { endUserOf } from './end-user.ts'
import { createQuestions, translationContext } from './question.ts'
import { noteTurns } from './note-turns.ts'
import { refuseExtensions } from './refuse-extensions.ts'
import { collect, renderAll } from './render-all.ts'
import type { ServiceEndpoint, Services } from './services.ts'
import { TURN_ERRORS } from './turn-errors.ts'

export const completions: ServiceEndpoint = {
  operation: {
    summary: 'Complete a text',
    description:
      'The older endpoint, for programs that still use it. The models are made for conversations and are told to go on with the prompt. ' +
      'Streams as `POST /v1/chat/completions` does.',
    body: completionRequestSchema,
    fates: describeFates(COMPLETION_FATES),
    bodyExample: { model: 'sonnet', prompt: 'Once upon a time', max_tokens: 100 },
    successes: [
      { contentType: 'application/json', description: 'The texts.', schema: completionSchema },
      {
        contentType: 'text/event-stream',
        description: 'With `stream: true`, its chunks.',
        schema: completionChunkSchema,
      },
    ],
    errors: TURN_ERRORS,
  },
  admit: ({ engine }, principal) => engine.admit(principal.id),
  create: (services) => answerOnce(services, (context) => answer(services, context)),
}

async function answer(services: Services, context: RequestContext): Promise<Reply> {
  const { engine } = services
  const { body, config, replyHeaders } = context
  const request = parseBody(completionRequestSchema, body)
  refuseExtensions(context.extensions)
  context.meter.note(endUserOf(request))
  const isStream = request.stream === true
  const isStrict = config.STRICT_PARAMS
  const toQuestion = createQuestions({ judgements: judgeCompletion(request), isStrict, isStream, replyHeaders })
  const translation = await translationContext(services, context)
  const prompts = completionToChats(request)
  const echoes = echoesOf(request, prompts)
  const perPrompt = request.n ?? 1
  const questions = prompts.flatMap(({ chat }) => {
    const translate = chatToTurn(chat, translation)
    return Array.from({ length: perPrompt }, () => toQuestion(translate))
  })
  const renderer = createCompletionRenderer({
    id: `cmpl-${randomUUID().replaceAll('-', '')}`,
    created: Math.floor(Date.now() / 1000),
    requestedModel: request.model,
    includeUsage: !isStream || request.stream_options?.include_usage === true,
    echoes,
    perPrompt,
  })
  const chunks = renderAll(noteTurns(askAll(engine, questions, context), context), renderer)
  return isStream ? eventsReply(chunks) : jsonReply(foldCompletion(await collect(chunks)))
}
