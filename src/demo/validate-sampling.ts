import { invalid } from './api-problem.ts'
import type { Rule } from './rule.ts'
import { thinks } from './validate-thinking.ts'

/** Nucleus sampling this wide goes together with thinking. */
const LEAST_TOP_P_WITH_THINKING = 0.95

export const validateSampling: Rule = (request, kind) => {
  const temperature = request.temperature ?? undefined
  const topP = request.top_p ?? undefined
  const topK = request.top_k ?? undefined
  if (!kind.sampling) {
    // The default values are taken: they ask for nothing.
    if (temperature !== undefined && temperature !== 1)
      return invalid('temperature: `temperature` is not supported for this model.')
    if (topP !== undefined && topP !== 1) return invalid('top_p: `top_p` is not supported for this model.')
    if (topK !== undefined) return invalid('top_k: `top_k` is not supported for this model.')
    return undefined
  }
  if (temperature !== undefined && topP !== undefined) {
    return invalid('top_p: `temperature` and `top_p` cannot both be specified for this model. Please use only one.')
  }
  if (!thinks(request, kind)) return undefined
  if (temperature !== undefined && temperature !== 1) {
    return invalid('temperature: `temperature` may only be set to 1 when thinking is enabled.')
  }
  if (topP !== undefined && topP < LEAST_TOP_P_WITH_THINKING) {
    return invalid(
      `top_p: \`top_p\` must be greater than or equal to ${LEAST_TOP_P_WITH_THINKING} or unset when thinking is enabled.`,
    )
  }
  return topK === undefined ? undefined : invalid('top_k: `top_k` must be unset when thinking is enabled.')
}
