import { invalid } from './api-problem.ts'
import type { Rule } from './rule.ts'
import { validateSchema } from './validate-schema.ts'

/** The limit, the stop sequences, effort and format. */
export const validateOutput: Rule = (request, kind) => {
  if (request.max_tokens > kind.maxOutputTokens) {
    return invalid(
      `max_tokens: ${request.max_tokens} > ${kind.maxOutputTokens}, which is the maximum allowed number of output tokens for ${request.model}`,
    )
  }
  const blank = (request.stop_sequences ?? []).findIndex((sequence) => sequence.trim() === '')
  if (blank !== -1) return invalid(`stop_sequences.${blank}: each stop sequence must contain non-whitespace`)
  const effort = request.output_config?.effort ?? undefined
  if (effort !== undefined && !kind.effort)
    return invalid('output_config.effort: This model does not support the effort parameter.')
  const format = request.output_config?.format ?? undefined
  if (format === undefined) return undefined
  if (!kind.structuredOutput) return invalid(`output_config.format: '${request.model}' does not support output format.`)
  return validateSchema(format.schema, 'output_config.format.schema')
}
