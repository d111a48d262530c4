/** A chat completions request as a neutral turn, and how its answer is to be read. */
import type { ApiError } from '../errors.ts'
import type { SchemaValidator } from '../json-schema/schema-validator.ts'
import { type Capabilities, type Feature, without } from '../turn/capabilities.ts'
import type { JsonObject } from '../turn/json.ts'
import type { OwnTools } from '../turn/own-tools.ts'
import type { Thoughts } from '../turn/thoughts.ts'
import type { TurnFailure } from '../turn/turn-failure.ts'
import type { Principal, ToolUse, Turn } from '../turn/turn.ts'
import type { ChatRequest } from '../wire/chat-request.ts'
import { toConversation } from './content/conversation.ts'
import type { Dropped } from './parameters/fates.ts'
import { meetForcedCall, withNote } from './tools/forced-call.ts'
import { createSchemaAllowance, toNativeSchema } from './schemas/native-schema.ts'
import { resolveModelName, type ModelNames, unknownModel } from './model-name.ts'
import { outputLimit } from './parameters/output-limit.ts'
import { type Reading, readThrough } from './answers/reading.ts'
import { reasoningEffort } from './parameters/reasoning-effort.ts'
import { meetResponseFormat } from './response-format.ts'
import { sampling } from './parameters/sampling.ts'
import { serviceTier } from './parameters/service-tier.ts'
import { stopSequences } from './parameters/stop-sequences.ts'
import { fitStrictTools } from './tools/strict-tools.ts'
import { toolUse } from './tools/tool-use.ts'

export interface ChatContext extends ModelNames {
  readonly requestId: string
  readonly principal: Principal
  /** What a model takes, by the name that Claude Code knows it by. */
  readonly capabilities: (model: string) => Capabilities
  /** So many messages of the request are not its own, but of the session that it goes on with. */
  readonly earlierMessages?: number
  /** What the model may use of Claude Code's own tools. */
  readonly ownTools?: OwnTools
  /** What was thought in that session. */
  readonly thoughts?: readonly Thoughts[]
  /** Holds answers to the schema of the request, which has been checked. */
  readonly schemas: Pick<SchemaValidator, 'validate'>
}

/** What makes one translation of a request differ from another. */
export interface Attempt {
  /** What the model API has refused of the same request before. */
  readonly refused?: readonly Feature[]
  /** Unique: for a call that is not the model's own. */
  readonly callId: string
}

export interface Asking {
  readonly turn: Turn
  readonly reading: Reading
  /** What this model does not take. */
  readonly ignored: readonly Dropped[]
  /** How it is told that the model API does not know the model. */
  readonly unknownModel: (cause: TurnFailure) => ApiError
}

/**
 * Checks a request as a whole, and gives back what translates it: more than once where the model turns out to take less.
 * @throws ApiError for a model that does not exist, or a message or tool that cannot be carried.
 */
export function chatToTurn(request: ChatRequest, context: ChatContext): (attempt: Attempt) => Asking {
  const { name, model } = resolveModelName(request.model, context)
  const maxOutputTokens = outputLimit(request)
  const { system, conversation } = toConversation(request.messages, context.earlierMessages)
  const offered = toolUse(request, conversation).toolUse
  const common = {
    id: context.requestId,
    principal: context.principal,
    model: name,
    ...(context.thoughts === undefined ? {} : { thoughts: context.thoughts }),
    ...(context.ownTools === undefined ? {} : { ownTools: context.ownTools }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...reasoningEffort(request.reasoning_effort, maxOutputTokens, model),
  }
  return ({ refused = [], callId }) => {
    const capabilities = refused.reduce(without, context.capabilities(name))
    const chosen = sampling(request, capabilities)
    const tier = serviceTier(request, capabilities)
    const { outputSchema, ...met } = meetForms(request, offered, { capabilities, schemas: context.schemas, callId })
    const turn: Turn = {
      ...common,
      ...withInstruction(system, met.instruction),
      conversation: met.note === undefined ? conversation : withNote(conversation, met.note),
      ...(met.toolUse === undefined ? {} : { toolUse: met.toolUse }),
      ...(met.isCall ? {} : stopSequences(request)),
      ...(outputSchema === undefined ? {} : { outputSchema }),
      ...(chosen.sampling === undefined ? {} : { sampling: chosen.sampling }),
      ...(tier.serviceTier === undefined ? {} : { serviceTier: tier.serviceTier }),
    }
    return {
      turn,
      reading: readThrough(met.readings),
      ignored: [...chosen.ignored, ...tier.ignored, ...met.ignored],
      unknownModel: (cause) => unknownModel(request.model, context, cause),
    }
  }
}

interface MetForms {
  readonly toolUse?: ToolUse
  readonly outputSchema?: JsonObject
  /** For the end of the system prompt. */
  readonly instruction?: string
  /** For the end of the question. */
  readonly note?: string
  readonly readings: readonly Reading[]
  readonly ignored: readonly Dropped[]
  /** The answer's text is the arguments of a call. */
  readonly isCall: boolean
}

interface Forming extends Pick<Attempt, 'callId'>, Pick<ChatContext, 'schemas'> {
  readonly capabilities: Capabilities
}

/** The form of the answer and of the calls: both are held to schemas, of which the model API takes so many in all. */
function meetForms(request: ChatRequest, offered: ToolUse | undefined, forming: Forming): MetForms {
  const { capabilities, schemas, callId } = forming
  const allowance = createSchemaAllowance()
  const native = (isTaken: boolean) => (schema: JsonObject) => (isTaken ? toNativeSchema(schema, allowance) : undefined)
  const nativeSchema = native(capabilities.outputSchema)
  const isForced = offered !== undefined && offered.choice !== 'auto' && offered.choice !== 'none'
  const forced =
    isForced && !capabilities.forcedToolChoice ? meetForcedCall({ toolUse: offered, nativeSchema, callId }) : undefined
  // A call that has to come leaves no answer that could have a form.
  const form = isForced
    ? { readings: [] }
    : meetResponseFormat(request.response_format, {
        nativeSchema,
        validate: schemas.validate,
        hasTools: offered?.choice === 'auto',
      })
  const used = forced?.toolUse ?? offered
  const strict = used === undefined ? undefined : fitStrictTools(used, request, native(capabilities.strictTools))
  return {
    ...form,
    ...(forced?.outputSchema === undefined ? {} : { outputSchema: forced.outputSchema }),
    ...(forced === undefined ? {} : { note: forced.note, readings: [forced.reading] }),
    ...(strict === undefined ? {} : { toolUse: strict.toolUse }),
    ignored: strict?.ignored ?? [],
    isCall: forced?.outputSchema !== undefined,
  }
}

function withInstruction(system: string | undefined, instruction: string | undefined): Pick<Turn, 'system'> {
  const parts = [system, instruction].filter((part) => part !== undefined)
  return parts.length === 0 ? {} : { system: parts.join('\n\n') }
}
