import { z } from 'zod'
import { jsonReply } from '../http/reply.ts'
import type { ServiceEndpoint } from './services.ts'

const workersSchema = z.strictObject({
  live: z.int(),
  starting: z.int(),
  busy: z.int(),
  idle: z.int(),
  resetting: z.int(),
  ending: z.int(),
  spare: z.int(),
  limit: z.int(),
})

const healthSchema = z
  .strictObject({
    status: z.enum(['ok', 'degraded']).describe('`degraded`: alive, but turns would fail, or the database is away.'),
    database: z
      .enum(['opening', 'ready', 'away'])
      .exactOptional()
      .describe('Only to a caller with a key, where the server has one.'),
    engine: z
      .strictObject({
        state: z.enum(['starting', 'ready', 'degraded', 'draining']),
        trial: z.literal(true).exactOptional().describe('The next turn may try whether the login is accepted again.'),
        reason: z.string().exactOptional().describe('Why it is not ready, and what mends it.'),
        version: z.string().exactOptional().describe("Claude Code's version, once known."),
        login: z.string().describe('How Claude Code logs in.'),
        provider: z.enum(['anthropic', 'bedrock', 'vertex', 'foundry']),
        egress: z.boolean(),
        reuse: z.enum(['on', 'off', 'unproven']).describe('Whether processes serve more than one turn.'),
        commands: z
          .enum(['sandboxed', 'accepted', 'none'])
          .describe('Whether turns can be given commands: in a sandbox, or accepted without one.'),
        workers: workersSchema,
        queued: z.int(),
      })
      .exactOptional()
      .describe('Only to a caller with a key, where the server has one.'),
  })
  .meta({ id: 'Health' })

/** Is the process alive? 200 as long as it can answer at all. */
export const health: ServiceEndpoint = {
  operation: {
    summary: 'Whether the server is alive',
    description: 'Always 200 while the process can answer. `status` says whether Claude Code can.',
    successes: [{ contentType: 'application/json', description: 'It is alive.', schema: healthSchema }],
    errors: [],
  },
  create:
    ({ engine, store }) =>
    ({ trusted }) => {
      const { auth: _, ...status } = engine.status()
      const database = store.status().state
      const answer: z.output<typeof healthSchema> = {
        status: status.state === 'degraded' || database === 'away' ? 'degraded' : 'ok',
        ...(trusted && { database, engine: { ...status, workers: { ...status.workers } } }),
      }
      return jsonReply(answer)
    },
}
