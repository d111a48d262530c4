import { z } from 'zod'
import type { Source } from '../../turn/turn-event.ts'

/** As Claude Code (2.1.330) tells of a search, beside what the model is told. */
const found = z.object({
  results: z.array(
    z.union([z.object({ content: z.array(z.object({ title: z.string(), url: z.string() })) }), z.string()]),
  ),
})

/** The pages that a search has found; none where it cannot be told. */
export function sourcesOf(result: unknown): readonly Source[] {
  const results = found.safeParse(result).data?.results ?? []
  return results.flatMap((each) => (typeof each === 'string' ? [] : each.content))
}
