import { ApiError } from '../errors.ts'
import { jsonReply } from '../http/reply.ts'
import type { RequestContext } from '../http/request-context.ts'
import { orAborted } from '../http/until-aborted.ts'
import { findWireModel, modelsList, type ModelListing } from '../translate/models-list.ts'
import { modelListSchema, modelSchema } from '../wire/models.ts'
import { clip } from '../wire/quote.ts'
import type { ServiceEndpoint, Services } from './services.ts'

export const models: ServiceEndpoint = {
  operation: {
    summary: 'List the models',
    description: "Claude Code's own live list, its aliases and the operator's.",
    successes: [{ contentType: 'application/json', description: 'The models.', schema: modelListSchema }],
    errors: ['backend_unavailable', 'not_authenticated'],
  },
  create: (services) => {
    const list = createListing(services)
    return async (context) => jsonReply(modelsList(await list(context)))
  },
}

export const model: ServiceEndpoint = {
  operation: {
    summary: 'Describe a model',
    description: 'One entry of the list.',
    params: { id: 'The id or alias of the model, which may contain slashes.' },
    successes: [{ contentType: 'application/json', description: 'The model.', schema: modelSchema }],
    errors: ['model_not_found', 'backend_unavailable', 'not_authenticated'],
  },
  create: (services) => {
    const list = createListing(services)
    return async (context) => {
      const id = context.params['id'] ?? ''
      const found = findWireModel(id, await list(context))
      if (found !== undefined) return jsonReply(found)
      const message = `The model '${clip(id)}' does not exist or is not available here.`
      throw new ApiError('model_not_found', { message, param: 'model' })
    }
  },
}

function createListing({ engine }: Services): (context: RequestContext) => Promise<ModelListing> {
  const created = Math.floor(Date.now() / 1000)
  return async ({ config, signal, grant }) => ({
    models: await orAborted(engine.models(), signal),
    aliases: config.MODEL_ALIASES,
    defaultModel: config.DEFAULT_MODEL,
    provider: engine.status().provider,
    created,
    ...(grant.models !== undefined && { allowed: grant.models }),
  })
}
