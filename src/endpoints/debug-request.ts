import type { DocumentReply } from '../http/reply.ts'
import { jsonReply } from '../http/reply.ts'
import { showTurn } from '../translate/parameters/request-report.ts'
import { shortenTexts } from '../translate/shorten-texts.ts'
import { FATES } from '../translate/parameters/params.ts'
import { chatRequestSchema } from '../wire/chat-request.ts'
import { type DebugRequest, debugRequestSchema } from '../wire/request-report.ts'
import { describeFates } from './describe-fates.ts'
import { examineRequest } from './examine-request.ts'
import type { ServiceEndpoint } from './services.ts'

export const debugRequest: ServiceEndpoint = {
  operation: {
    summary: 'What Claude Code would be asked',
    description:
      'Takes the body of `POST /v1/chat/completions` and gives back the turn that would be asked, without asking it. What ' +
      'looks like a secret is masked; images and files are only measured, and of long texts the beginning is shown.',
    body: chatRequestSchema,
    fates: describeFates(FATES),
    bodyExample: { model: 'sonnet', messages: [{ role: 'user', content: 'Hello!' }], max_tokens: 100 },
    successes: [{ contentType: 'application/json', description: 'The turn.', schema: debugRequestSchema }],
    errors: ['backend_unavailable', 'not_authenticated'],
  },
  create: (services) => async (context) => {
    const { parameters, model, error, asking } = await examineRequest(services, context)
    const answer: DebugRequest = {
      object: 'debug.request',
      parameters,
      model,
      error,
      turn: asking === undefined ? null : shortenTexts(showTurn(asking.turn)),
    }
    const reply: DocumentReply = jsonReply(answer)
    return { ...reply, body: services.redact(reply.body) }
  },
}
