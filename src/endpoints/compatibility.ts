import { jsonReply } from '../http/reply.ts'
import { suggest } from '../translate/parameters/request-report.ts'
import { FATES } from '../translate/parameters/params.ts'
import { chatRequestSchema } from '../wire/chat-request.ts'
import { type Compatibility, compatibilitySchema } from '../wire/request-report.ts'
import { describeFates } from './describe-fates.ts'
import { examineRequest } from './examine-request.ts'
import type { ServiceEndpoint } from './services.ts'

export const compatibility: ServiceEndpoint = {
  operation: {
    summary: 'What would become of a request',
    description:
      'Takes the body of `POST /v1/chat/completions` and tells what is honoured, ignored and refused, and what to change. ' +
      'Nothing is asked of a model.',
    body: chatRequestSchema,
    fates: describeFates(FATES),
    bodyExample: { model: 'sonnet', messages: [{ role: 'user', content: 'Hello!' }], temperature: 0, seed: 1 },
    successes: [{ contentType: 'application/json', description: 'The report.', schema: compatibilitySchema }],
    errors: ['backend_unavailable', 'not_authenticated'],
  },
  create: (services) => async (context) => {
    const { parameters, model, error, translation } = await examineRequest(services, context)
    const samplers = translation.models.filter(({ id }) => translation.capabilities(id).sampling !== 'none')
    const report: Compatibility = {
      object: 'compatibility',
      compatible: error === null,
      parameters,
      model,
      error,
      suggestions: suggest(
        parameters,
        model,
        samplers.map(({ id }) => id),
      ),
    }
    return jsonReply(report)
  },
}
