import { z } from 'zod'
import type { EngineStatus } from '../engine/engine.ts'
import { ApiError } from '../errors.ts'
import { jsonReply } from '../http/reply.ts'
import type { ServiceEndpoint } from './services.ts'

const readySchema = z.strictObject({ status: z.literal('ready') }).meta({ id: 'Ready' })

/** May a load balancer send requests here? */
export const ready: ServiceEndpoint = {
  operation: {
    summary: 'Whether the server takes requests',
    description: '503 while it starts or shuts down, and while turns would fail.',
    successes: [{ contentType: 'application/json', description: 'It takes requests.', schema: readySchema }],
    errors: ['backend_unavailable', 'overloaded'],
  },
  create:
    ({ engine }) =>
    ({ trusted }) => {
      const status = engine.status()
      if (status.state === 'ready') return jsonReply({ status: 'ready' } satisfies z.output<typeof readySchema>)
      throw notReady(status, trusted)
    },
}

function notReady({ state, reason }: EngineStatus, trusted: boolean): ApiError {
  const detail = trusted && reason !== undefined ? ` ${reason}` : ''
  const message = `Not ready: ${state}.${detail}`
  return new ApiError(state === 'draining' ? 'overloaded' : 'backend_unavailable', { message })
}
