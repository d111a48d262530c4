/** What every failure looks like, on every route. */
import { z } from 'zod'

export const errorBodySchema = z
  .strictObject({
    error: z.strictObject({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable().describe('The parameter at fault, as a path such as `messages[0].role`.'),
      code: z.string().nullable(),
      retry_after: z.int().min(1).exactOptional().describe('Seconds to wait, where a limit of this server is reached.'),
    }),
  })
  .meta({ id: 'ErrorResponse' })

export type ErrorBody = z.output<typeof errorBodySchema>
