/**
 * What each model takes: from its version, as the vendor's documentation says of it, from the live list, and from what a
 * model API has refused so far.
 */
import { type Capabilities, type Feature, without } from '../turn/capabilities.ts'
import type { Model } from '../turn/model.ts'
import { type Family, versionOf } from './model-version.ts'

export interface ModelCapabilities {
  /** One name for a model, whatever it is asked for by. */
  idOf(name: string): string
  /** For an id or alias; a model that nothing is known of is taken to be able to do everything. */
  of(name: string): Capabilities
  /** For an hour the model is not asked for this any more. */
  learn(name: string, feature: Feature): void
}

/** Names come from callers. */
const MOST_LEARNED = 500

/** What was refused may be taken some day, or was refused for another reason. */
const REMEMBERED_MS = 3_600_000

/**
 * @param modelNamed the live list's entry for an id or alias
 * @param now milliseconds, of any clock
 */
export function createModelCapabilities(
  modelNamed: (name: string) => Model | undefined,
  now: () => number = () => performance.now(),
): ModelCapabilities {
  const learned = new Map<string, Map<Feature, number>>()
  const idOf = (name: string): string => modelNamed(name)?.id ?? name
  return {
    idOf,
    of: (name) => {
      const known = [...(learned.get(idOf(name)) ?? [])]
      const refused = known.filter(([, at]) => now() - at < REMEMBERED_MS).map(([feature]) => feature)
      return refused.reduce(without, seed(idOf(name), modelNamed(name)))
    },
    learn: (name, feature) => {
      const id = idOf(name)
      const features = learned.get(id) ?? new Map<Feature, number>()
      features.set(feature, now())
      learned.delete(id)
      learned.set(id, features)
      const [oldest] = learned.keys()
      if (learned.size > MOST_LEARNED && oldest !== undefined) learned.delete(oldest)
    },
  }
}

/** The first version of each family of which the name is true; absent: of none. */
type Versions = Readonly<Partial<Record<Family, number>>>

/** https://platform.claude.com/docs/en/about-claude/models and the pages on thinking, tool use and structured outputs */
const NO_SAMPLING_FROM: Versions = { opus: 4.7, sonnet: 5, haiku: 5.5, fable: 5 }
const ONE_SAMPLING_FROM: Versions = { opus: 4.1, sonnet: 4.5, haiku: 4.5 }
const NO_FORCED_CHOICE_FROM: Versions = { opus: 5.5, sonnet: 5.5, fable: 5 }
const NO_THINKING_OFF_FROM: Versions = { opus: 5.5, sonnet: 5.5, fable: 5.1 }
const OUTPUT_SCHEMA_FROM: Versions = { opus: 4.1, sonnet: 4.5, haiku: 4.5, fable: 5 }

/** Of a model that nothing is known of. */
const EVERYTHING: Capabilities = {
  sampling: 'one',
  forcedToolChoice: true,
  outputSchema: true,
  strictTools: true,
  thinkingCanBeOff: true,
  serviceTier: true,
}

function seed(id: string, model: Model | undefined): Capabilities {
  const version = versionOf(id)
  const thinkingCanBeOff = model?.thinkingCanBeOff
  if (version === undefined) return { ...EVERYTHING, thinkingCanBeOff: thinkingCanBeOff ?? true }
  const isFrom = (versions: Versions): boolean => version.number >= (versions[version.family] ?? Infinity)
  return {
    sampling: isFrom(NO_SAMPLING_FROM) ? 'none' : isFrom(ONE_SAMPLING_FROM) ? 'one' : 'both',
    forcedToolChoice: !isFrom(NO_FORCED_CHOICE_FROM),
    outputSchema: isFrom(OUTPUT_SCHEMA_FROM),
    strictTools: isFrom(OUTPUT_SCHEMA_FROM),
    thinkingCanBeOff: thinkingCanBeOff ?? !isFrom(NO_THINKING_OFF_FROM),
    serviceTier: true,
  }
}
