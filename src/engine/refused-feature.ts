import type { Feature } from '../turn/capabilities.ts'
import type { Turn } from '../turn/turn.ts'
import { isForced } from './turn-settings.ts'

/**
 * Which feature of a turn a model API refused with a 400, in whose words alone the answer is. Only what the turn asked for
 * counts: a caller's own mistake names other things.
 */
export function refusedFeature(words: string, turn: Turn): Feature | undefined {
  const { sampling, outputSchema, serviceTier, toolUse } = turn
  if (serviceTier !== undefined && /\bservice_tier\b/.test(words)) return 'service_tier'
  if (sampling !== undefined) {
    if (/\btemperature\b.*\btop_p\b.*\bboth\b|\bboth\b.*\btemperature\b.*\btop_p\b/is.test(words))
      return 'both_sampling'
    if (/\b(temperature|top_p|top_k)\b/.test(words)) return 'sampling'
  }
  if (isForced(toolUse) && /\btool_choice\b/.test(words)) return 'forced_tool_choice'
  if (
    outputSchema !== undefined &&
    /\boutput_(config|format)\b|\bstructured.outputs?\b|\bschemas?\b|\bgrammar\b/i.test(words)
  )
    return 'output_schema'
  const isStrict = toolUse?.tools.some(({ strict }) => strict === true) === true
  if (isStrict && /\bstrict\b|\binput_schema\b|\bschemas?\b|\bgrammar\b/i.test(words)) return 'strict_tools'
  return /\bthinking\b/.test(words) && isThinkingOff(turn) ? 'thinking_off' : undefined
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
