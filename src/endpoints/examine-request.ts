/** A chat request looked at from all sides, without asking anybody. */
import { ApiError } from '../errors.ts'
import { errorBody } from '../http/error-reply.ts'
import type { RequestContext } from '../http/request-context.ts'
import { type Asking, type ChatContext, chatToTurn } from '../translate/chat-to-turn.ts'
import { type Judgement, reportIgnored, settleFates } from '../translate/parameters/fates.ts'
import { resolveModelName } from '../translate/model-name.ts'
import { CHAT_PARAMETERS, judgeChat } from '../translate/parameters/params.ts'
import { checkResponseFormat } from '../translate/response-format.ts'
import { reportModel, reportParameters } from '../translate/parameters/request-report.ts'
import { type ChatRequest, chatRequestSchema } from '../wire/chat-request.ts'
import { parseBody } from '../wire/parse.ts'
import type { DebugRequest } from '../wire/request-report.ts'
import { grantOwnTools } from './own-tools.ts'
import { heldSchemas, translationContext } from './question.ts'
import type { Services } from './services.ts'

export interface Examination extends Omit<DebugRequest, 'object' | 'turn'> {
  readonly asking: Asking | undefined
  readonly translation: ChatContext
}

/** @throws TurnFailure where there is no list of models. */
export async function examineRequest(services: Services, context: RequestContext): Promise<Examination> {
  const translation = await translationContext(services, context)
  const { body, config } = context
  const isStrict = config.STRICT_PARAMS
  const errors: ApiError[] = []
  const attempt = async <T>(action: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await action()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      errors.push(error)
      return undefined
    }
  }

  const request = await attempt(() => parseBody(chatRequestSchema, body))
  const judgements: readonly Judgement[] = request === undefined ? [] : judgeChat(request)
  const granted = request && (await attempt(() => grantOwnTools(services, request, context)))
  await attempt(() => settleFates(judgements, { strict: isStrict }))
  if (request !== undefined) await attempt(() => checkResponseFormat(request, heldSchemas(services.schemas, context)))
  const asked = granted?.request ?? request
  const asking = asked && (await attempt(() => chatToTurn(asked, translation)({ callId: 'toolu_example' })))
  const ignored = asking?.ignored ?? []
  await attempt(() => reportIgnored(ignored, { strict: isStrict }))
  const [first] = errors
  return {
    parameters: request === undefined ? [] : reportParameters(body, judgements, ignored, CHAT_PARAMETERS),
    model: request === undefined ? null : modelOf(request, translation),
    error: first === undefined ? null : errorBody(first).error,
    asking,
    translation,
  }
}

function modelOf({ model }: ChatRequest, translation: ChatContext): DebugRequest['model'] {
  try {
    const { name } = resolveModelName(model, translation)
    return reportModel({ requested: model, name }, translation.models, translation.capabilities(name))
  } catch (error) {
    if (error instanceof ApiError) return null
    throw error
  }
}
