import type { Feature } from '../turn/capabilities.ts'
import type { Turn } from '../turn/turn.ts'
import { isForced } from './turn-settings.ts'

/**
 * Which feature of a turn a model API refused with a 400, in whose words alone the answer is. Only what the turn asked for
 * counts: a caller's own mistake names other things.
 * @param words the model API's message, or what the process made of it
 */
export function refusedFeature(words: string, turn: Turn): Feature | undefined {
  const message = MESSAGE.exec(words)?.[1] ?? words
  const [, parameter] = PARAMETER.exec(message) ?? []
  const refused = parameter === undefined ? byWords(message) : byParameter(parameter, message)
  return refused.find((feature) => isAsked(feature, turn))
}

/** Without the egress the process gives the whole body. */
const MESSAGE = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/
/** Most messages begin with the place of the fault: what follows may hold callers' own words. */
const PARAMETER = /^(?:the model API answered 400: )?\s*([a-z_]+)(?:\.[\w.]+)?:\s/

const BOTH = /\btemperature\b.*\btop_p\b.*\bboth\b|\bboth\b.*\btemperature\b.*\btop_p\b/is
const SCHEMA = /\bschemas?\b|\bgrammar\b/i

function byParameter(parameter: string, message: string): readonly Feature[] {
  switch (parameter) {
    case 'temperature':
    case 'top_p':
    case 'top_k':
      return BOTH.test(message) ? ['both_sampling'] : ['sampling']
    case 'tool_choice':
      return ['forced_tool_choice']
    case 'output_config':
    case 'output_format':
      return ['output_schema']
    case 'tools':
      return ['strict_tools']
    case 'thinking':
      return ['thinking_off']
    case 'service_tier':
      return ['service_tier']
    default:
      return []
  }
}

function byWords(message: string): readonly Feature[] {
  return [
    ...(BOTH.test(message) ? (['both_sampling'] as const) : []),
    ...(/\b(temperature|top_p|top_k)\b/.test(message) ? (['sampling'] as const) : []),
    ...(/\btool_choice\b/.test(message) ? (['forced_tool_choice'] as const) : []),
    ...(/\bstructured.outputs?\b|\boutput.format\b/i.test(message) || SCHEMA.test(message)
      ? (['output_schema'] as const)
      : []),
    ...(/\bstrict\b/i.test(message) || SCHEMA.test(message) ? (['strict_tools'] as const) : []),
    ...(/\bservice_tier\b/.test(message) ? (['service_tier'] as const) : []),
    ...(/\bthinking\b/i.test(message) ? (['thinking_off'] as const) : []),
  ]
}

function isAsked(feature: Feature, turn: Turn): boolean {
  const { sampling, outputSchema, serviceTier, toolUse } = turn
  switch (feature) {
    case 'sampling':
      return sampling !== undefined
    case 'both_sampling':
      // The temperature is Claude Code's where it is not the caller's.
      return sampling?.topP !== undefined
    case 'forced_tool_choice':
      return isForced(toolUse)
    case 'output_schema':
      return outputSchema !== undefined
    case 'strict_tools':
      return toolUse?.tools.some(({ strict }) => strict === true) === true
    case 'service_tier':
      return serviceTier !== undefined
    case 'thinking_off':
      return isThinkingOff(turn)
  }
}

function isThinkingOff({ thinking, sampling, toolUse }: Turn): boolean {
  return thinking === 'off' || sampling !== undefined || isForced(toolUse)
}

/** Not a schema that is too much for it, but any: true for every turn with this model. */
export function isOfTheModel(feature: Feature, words: string): boolean {
  if (feature === 'output_schema') return !/\bschemas?\b|\bgrammar\b/i.test(words.replaceAll(/\bjson_schema\b/g, ''))
  if (feature === 'strict_tools') return !/\b(input_)?schemas?\b|\bgrammar\b/i.test(words)
  return true
}
