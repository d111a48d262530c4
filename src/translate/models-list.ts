/** The models that a request may name, as `GET /v1/models` lists them: programs show only what is listed. */
import type { Model } from '../turn/model.ts'
import type { WireModel, WireModelList } from '../wire/models.ts'
import { resolveModelName, type ModelNames } from './model-name.ts'

export interface ModelListing extends ModelNames {
  /** Unix time in seconds at which the list was learnt: Claude Code tells no dates of its own. */
  readonly created: number
}

const LONG_CONTEXT = '[1m]'

/** Claude Code's models, then its aliases, then the operator's; a name appears once, as what a request gets by it. */
export function modelsList(listing: ModelListing): WireModelList {
  const own = listing.models.map((model) => model.id)
  const data = [...new Set([...own, ...aliasNames(listing)])].flatMap((name) => oneModel(name, listing) ?? [])
  return { object: 'list', data }
}

/** What a request gets by this name, also one that is accepted without being on the list; undefined for any other. */
export function findWireModel(id: string, listing: ModelListing): WireModel | undefined {
  return oneModel(id, listing)
}

function oneModel(name: string, listing: ModelListing): WireModel | undefined {
  const target = targetOf(name, listing)
  if (target === undefined) return undefined
  const { id, model } = target
  const isLong = id.endsWith(LONG_CONTEXT)
  return {
    id: name,
    object: 'model',
    created: listing.created,
    owned_by: 'anthropic',
    display_name: model?.displayName ?? id,
    description: model?.description ?? '',
    ...(isLong ? { context_window: 1_000_000 } : {}),
    effort_levels: [...(model?.efforts ?? [])],
    aliases: name === id ? otherNames(id, listing) : [],
    ...(name === id ? {} : { alias_of: id }),
  }
}

/** What a request gets by this name; undefined for an alias that leads nowhere. */
function targetOf(name: string, listing: ModelListing): { id: string; model: Model | undefined } | undefined {
  try {
    const resolved = resolveModelName(name, listing)
    const isOfList = resolved.model?.aliases.includes(resolved.name) === true
    return { id: isOfList && resolved.model ? resolved.model.id : resolved.name, model: resolved.model }
  } catch {
    return undefined
  }
}

function otherNames(id: string, listing: ModelListing): string[] {
  return aliasNames(listing).filter((name) => name !== id && targetOf(name, listing)?.id === id)
}

function aliasNames({ models, aliases, defaultModel }: ModelListing): string[] {
  const ofDefault = defaultModel === undefined ? [] : ['default']
  return [...new Set([...models.flatMap((model) => model.aliases), ...ofDefault, ...Object.keys(aliases)])]
}
