import { z } from 'zod'
import type { EngineStatus } from '../engine/engine.ts'
import { ApiError } from '../errors.ts'
import { jsonReply } from '../http/reply.ts'
import type { ServiceEndpoint } from './services.ts'

const readySchema = z
  .strictObject({
    status: z
      .enum(['ready', 'trial'])
      .describe('`trial`: the login was refused before, and the next request shows whether it is accepted again.'),
  })
  .meta({ id: 'Ready' })

/** May a load balancer send requests here? */
export const ready: ServiceEndpoint = {
  operation: {
    summary: 'Whether the server takes requests',
    description:
      '503 while it starts or shuts down, and while turns would fail. After a refused login it is 200 now and then, for one request to try.',
    successes: [{ contentType: 'application/json', description: 'It takes requests.', schema: readySchema }],
    errors: ['backend_unavailable', 'overloaded', 'store_unavailable'],
  },
  create:
    ({ engine, store }) =>
    ({ trusted }) => {
      const status = engine.status()
      // Lost later on, it takes nothing from those who are known.
      if (!store.status().wasReady) throw new ApiError('store_unavailable')
      const may = status.state === 'ready' ? 'ready' : status.trial === true ? 'trial' : undefined
      if (may !== undefined) return jsonReply({ status: may } satisfies z.output<typeof readySchema>)
      throw notReady(status, trusted)
    },
}

function notReady({ state, reason }: EngineStatus, trusted: boolean): ApiError {
  const detail = trusted && reason !== undefined ? ` ${reason}` : ''
  const message = `Not ready: ${state}.${detail}`
  return new ApiError(state === 'draining' ? 'overloaded' : 'backend_unavailable', { message })
}
