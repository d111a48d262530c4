/** What a model takes of a request. What it does not take is met another way, or dropped and named. */
export interface Capabilities {
  /** `one`: temperature or top_p, not both. */
  readonly sampling: 'none' | 'one' | 'both'
  /** The caller may say that a function has to be called. */
  readonly forcedToolChoice: boolean
  /** An answer can be held to a JSON schema. */
  readonly outputSchema: boolean
  /** The arguments of a function can be held to its schema. */
  readonly strictTools: boolean
  readonly thinkingCanBeOff: boolean
  /** The caller may rule out that capacity is used that is bought at another price. */
  readonly serviceTier: boolean
}

/** What a model API can refuse of a request that is otherwise sound. */
export const FEATURES = [
  'sampling',
  'both_sampling',
  'forced_tool_choice',
  'output_schema',
  'strict_tools',
  'thinking_off',
  'service_tier',
] as const
export type Feature = (typeof FEATURES)[number]

/** The same without a feature. */
export function without(capabilities: Capabilities, feature: Feature): Capabilities {
  switch (feature) {
    case 'sampling':
      return { ...capabilities, sampling: 'none' }
    case 'both_sampling':
      return { ...capabilities, sampling: capabilities.sampling === 'both' ? 'one' : capabilities.sampling }
    case 'forced_tool_choice':
      return { ...capabilities, forcedToolChoice: false }
    case 'output_schema':
      return { ...capabilities, outputSchema: false }
    case 'strict_tools':
      return { ...capabilities, strictTools: false }
    case 'thinking_off':
      return { ...capabilities, thinkingCanBeOff: false }
    case 'service_tier':
      return { ...capabilities, serviceTier: false }
  }
}
