/** What endpoints that ask the model have in common: from a request to questions, and what is said of what they drop. */
import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import type { RequestContext } from '../http/request-context.ts'
import { orAborted } from '../http/until-aborted.ts'
import type { Asking, Attempt, ChatContext } from '../translate/chat-to-turn.ts'
import { type Judgement, reportIgnored, settleFates } from '../translate/parameters/fates.ts'
import { holdWhole } from '../translate/answers/reading.ts'
import type { Question } from './ask.ts'
import type { Services } from './services.ts'

/** @throws TurnFailure where there is no list of models, and what the signal aborts with. */
export async function translationContext(
  { engine, schemas }: Services,
  { id: requestId, config, principal, grant, signal }: RequestContext,
): Promise<ChatContext> {
  const models = await orAborted(engine.models(), signal)
  const { MODEL_ALIASES: aliases, DEFAULT_MODEL: defaultModel } = config
  const { capabilities } = engine
  const { provider } = engine.status()
  const held = heldSchemas(schemas, { principal, signal })
  const names = {
    models,
    aliases,
    defaultModel,
    provider,
    ...(grant.models !== undefined && { allowed: grant.models }),
  }
  return { requestId, principal, capabilities, schemas: held, ...names }
}

/** Checks of schemas for one request: when it is over, those that have not begun do not begin. */
export function heldSchemas(
  schemas: Services['schemas'],
  { principal, signal }: Pick<RequestContext, 'principal' | 'signal'>,
): Pick<Services['schemas'], 'check' | 'validate'> {
  const asker = { principalId: principal.id, signal }
  // All choices of a request may wait, and Node warns of more than ten listeners.
  setMaxListeners(0, signal)
  return {
    check: (schema) => schemas.check(schema, asker),
    validate: (schema, answer) => schemas.validate(schema, answer, asker),
  }
}

export interface Questioning {
  readonly judgements: readonly Judgement[]
  readonly isStrict: boolean
  readonly isStream: boolean
  readonly replyHeaders: Headers
}

/** In characters: proxies take some 4,000 for all headers of an answer. */
const MOST_IN_HEADER = 1000

/** A request may have 128 tools, each with something that is ignored. */
function inHeader(names: readonly string[]): string {
  const all = names.join(', ')
  if (all.length <= MOST_IN_HEADER) return all
  const shown = all.slice(0, MOST_IN_HEADER).split(', ').slice(0, -1)
  return `${shown.join(', ')}, and ${names.length - shown.length} more`
}

/**
 * How the translations of a request become questions. What is dropped on the way is named in the answer's headers.
 * @throws ApiError for what is refused, also later, when the model turns out not to take it and that is not to be ignored.
 */
export function createQuestions({
  judgements,
  isStrict,
  isStream,
  replyHeaders,
}: Questioning): (translate: (attempt: Attempt) => Asking) => Question {
  const report = (names: readonly string[]): void => {
    if (names.length > 0) replyHeaders.set('x-dragoman-ignored', inHeader(names))
  }
  const { ignored } = settleFates(judgements, { strict: isStrict })
  report(ignored)
  return (translate) => ({
    newCallId: () => `toolu_${randomUUID().replaceAll('-', '')}`,
    translate: (attempt) => {
      const asking = translate(attempt)
      report([...ignored, ...reportIgnored(asking.ignored, { strict: isStrict })])
      // Until all of it is there, it can be asked for again.
      return isStream ? asking : { ...asking, reading: (events) => holdWhole(asking.reading(events)) }
    },
  })
}
