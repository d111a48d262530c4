/** Routes that take a body, and asking them without paying for an answer. */
import { hold } from './attack.ts'
import type { AttackedRoute } from './routes.ts'
import type { Target } from './target.ts'

/** A schema may be compiled for 5 s, in a thread of its own. */
export const PATIENCE_MS = 9000

export type BodiedRoute = AttackedRoute & { readonly body: NonNullable<AttackedRoute['body']> }

export function bodied({ routes }: Target): readonly BodiedRoute[] {
  return routes.filter((route): route is BodiedRoute => route.body !== undefined)
}

/** No model of this name is there: whatever is taken for good ends at it, before a model is asked. */
export const NO_MODEL = 'no-such-model'

/** Takes any answer that is none of a failure, soon. `ask` finds the failures. */
export async function survives(target: Target, path: string, body: unknown): Promise<void> {
  const { ms } = await target.ask({ method: 'POST', path, body })
  hold(ms < PATIENCE_MS, `${path} takes ${Math.round(ms)} ms for ${JSON.stringify(body).slice(0, 100)}`)
}

/** What would be made of a request can be asked with a good model too. */
export const ASKS_NO_MODEL = ['/v1/compatibility', '/v1/debug/request']

/** Routes that take messages. */
export function chatLike(target: Target): readonly BodiedRoute[] {
  return bodied(target).filter(({ body }) => body.properties.includes('messages'))
}
