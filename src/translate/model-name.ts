/** What a caller calls a model, as the name by which Claude Code takes it. */
import { ApiError } from '../errors.ts'
import { findModel, type Model } from '../turn/model.ts'
import type { TurnFailure } from '../turn/turn-failure.ts'
import { clip } from '../wire/quote.ts'

export interface ModelNames {
  /** Claude Code's live list. */
  readonly models: readonly Model[]
  /** The operator's own names and what they stand for. */
  readonly aliases: Readonly<Record<string, string>>
  /** What `default` stands for; unset, Claude Code decides. */
  readonly defaultModel: string | undefined
  /** The models that the caller may use, by any of their names; absent: all. */
  readonly allowed?: readonly string[]
  /** Whose names are accepted beside Anthropic's own. */
  readonly provider?: keyof typeof PROVIDER_IDS | 'anthropic'
}

export interface ResolvedModel {
  readonly name: string
  /** What is known of it; undefined for an id that is not on the list. */
  readonly model: Model | undefined
}

const LONG_CONTEXT = '[1m]'
/** Names that Claude Code resolves by itself. */
const BUILT_IN = ['default', 'opus', 'sonnet', 'haiku', 'fable']
/** What clients put in front of a model's name to choose a provider. */
const PREFIXES = ['openai/', 'anthropic/', 'claude-code/']
/** Clients put one before the other, but not more of them than there are. A caller who sends thousands would exhaust the stack. */
const MOST_PREFIXES = 10
/** The name becomes an argument of a process: it must never read as an option or anything else. */
const SAFE = /^[A-Za-z0-9][A-Za-z0-9._:@/[\]-]{0,127}$/
/** How cloud providers name models: regions and profiles (Bedrock), versions (Vertex), deployments, which are any name (Foundry). */
const PROVIDER_IDS = {
  bedrock: /^(?:arn:aws[a-z-]*:bedrock:|(?:[a-z]{2,10}\.)?anthropic\.claude-)/,
  vertex: /^claude-[A-Za-z0-9.-]+@[A-Za-z0-9]+$/,
  foundry: SAFE,
} as const
const CLAUDE_ID = /^claude-[A-Za-z0-9._-]+(?:\[1m\])?$/

/** @throws ApiError `model_not_found`, which tells how the name could be made to work, or `model_not_allowed`. */
export function resolveModelName(asked: string, names: ModelNames): ResolvedModel {
  const resolved = resolveAnyName(asked, names)
  const { allowed } = names
  if (allowed === undefined || allowed.some((name) => isSame(resolved, name, names))) return resolved
  throw new ApiError('model_not_allowed', {
    message: `This API key may not use the model '${clip(asked)}'. It may use: ${allowed.join(', ') || 'none'}.`,
    param: 'model',
  })
}

/** Whether an allowed name means the model that was asked for. The long context costs more, so it has to be allowed by itself. */
function isSame(asked: ResolvedModel, allowed: string, names: ModelNames): boolean {
  const target = resolve(allowed, names) ?? allowed
  const other = known(target === 'default' ? (names.defaultModel ?? target) : target, names)
  if (other.name === asked.name) return true
  if (other.name.endsWith(LONG_CONTEXT) !== asked.name.endsWith(LONG_CONTEXT)) return false
  return other.model !== undefined && other.model === asked.model
}

function resolveAnyName(asked: string, names: ModelNames): ResolvedModel {
  const resolved = resolve(asked, names)
  if (resolved === undefined) throw unknownModel(asked, names)
  if (resolved !== 'default' || names.defaultModel === undefined) return known(resolved, names)
  // The operator's own setting may be any name that an alias may stand for.
  const standIn = resolve(names.defaultModel, names) ?? names.defaultModel
  if (!SAFE.test(standIn)) throw unknownModel(asked, names)
  return known(standIn, names)
}

/** Undefined where nobody vouches for the name. */
function resolve(asked: string, names: ModelNames): string | undefined {
  const given = follow(asked, names.aliases)
  const stripped = stripPrefixes(given)
  const bare = follow(stripped, names.aliases)
  const accepted = [given, bare].find((name) => SAFE.test(name) && isAccepted(name, names))
  if (accepted !== undefined) return accepted
  // The operator vouches for an alias: it may stand for what is on no list: the id of a cloud provider, a model of another base URL.
  const isBareAlias = Object.hasOwn(names.aliases, stripped)
  if (!isBareAlias && !Object.hasOwn(names.aliases, asked)) return undefined
  const target = isBareAlias ? bare : given
  return SAFE.test(target) ? target : undefined
}

/** An alias may stand for another one, once. */
function follow(name: string, aliases: Readonly<Record<string, string>>): string {
  const target = lookUp(name, aliases) ?? name
  return lookUp(target, aliases) ?? target
}

function lookUp(name: string, aliases: Readonly<Record<string, string>>): string | undefined {
  return Object.hasOwn(aliases, name) ? aliases[name] : undefined
}

function stripPrefixes(name: string, most: number = MOST_PREFIXES): string {
  const prefix = most === 0 ? undefined : PREFIXES.find((start) => name.startsWith(start))
  return prefix === undefined ? name : stripPrefixes(name.slice(prefix.length), most - 1)
}

function isAccepted(name: string, { models, provider = 'anthropic' }: ModelNames): boolean {
  if (BUILT_IN.includes(name) || CLAUDE_ID.test(name) || find(name, models) !== undefined) return true
  return provider !== 'anthropic' && PROVIDER_IDS[provider].test(name)
}

function known(name: string, { models }: ModelNames): ResolvedModel {
  return { name, model: findModel(models, name) }
}

function find(name: string, models: readonly Model[]): Model | undefined {
  return models.find((model) => model.id === name || model.aliases.includes(name))
}

/** What is said of a model that nobody knows: here, or at the model API, as `cause` then tells. */
export function unknownModel(asked: string, { models }: Pick<ModelNames, 'models'>, cause?: TurnFailure): ApiError {
  const shown = clip(asked)
  const ids = models.map((model) => model.id).filter((id) => id !== asked)
  const [first, second, third] = [...new Set([...ids, 'sonnet', 'opus', 'haiku'])]
  const line = `MODEL_ALIASES=${JSON.stringify({ [shown]: 'sonnet' })}`
  return new ApiError('model_not_found', {
    message:
      `The model '${shown}' does not exist or is not available here. ` +
      `Use for example '${first}', '${second}' or '${third}', or have the operator map it: ${line}`,
    param: 'model',
    ...(cause === undefined ? {} : { cause }),
  })
}
