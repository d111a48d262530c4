import { z } from 'zod'
import { jsonReply } from '../http/reply.ts'
import type { ServiceEndpoint } from './services.ts'

const versionSchema = z
  .strictObject({
    name: z.literal('dragoman'),
    version: z.string().exactOptional().describe('Only to a caller with a key, where the server has one.'),
    claude_code: z.string().nullable().exactOptional().describe('Null until the first process has started.'),
  })
  .meta({ id: 'Version' })

export const version: ServiceEndpoint = {
  operation: {
    summary: 'What runs here',
    description: 'The versions of Dragoman and of Claude Code.',
    successes: [{ contentType: 'application/json', description: 'The versions.', schema: versionSchema }],
    errors: [],
  },
  create:
    ({ engine, version: own }) =>
    ({ trusted }) => {
      const answer: z.output<typeof versionSchema> = {
        name: 'dragoman',
        ...(trusted && { version: own, claude_code: engine.status().version ?? null }),
      }
      return jsonReply(answer)
    },
}
