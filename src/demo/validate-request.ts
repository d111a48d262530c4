/** As strict as the real API: what it refuses is refused here, or the tests would prove little. One rule family a file. */
import { type ApiProblem, invalid, problem } from './api-problem.ts'
import { findModelKind, type ModelKind } from './model-kinds.ts'
import { messagesRequest, type MessagesRequest } from './request-shape.ts'
import type { Rule } from './rule.ts'
import { shapeProblem } from './shape-problem.ts'
import { validateAttachments } from './validate-attachments.ts'
import { validateCacheMarks } from './validate-cache-marks.ts'
import { validateMessages } from './validate-messages.ts'
import { validateOutput } from './validate-output.ts'
import { validateSampling } from './validate-sampling.ts'
import { validateThinking } from './validate-thinking.ts'
import { validateToolPairs } from './validate-tool-pairs.ts'
import { validateTools } from './validate-tools.ts'

/** A request that the API would take, or what it says of it. */
export type Checked =
  | { readonly request: MessagesRequest; readonly kind: ModelKind; readonly problem?: undefined }
  | { readonly problem: ApiProblem }

const RULES: readonly Rule[] = [
  validateMessages,
  validateToolPairs,
  validateAttachments,
  validateTools,
  validateThinking,
  validateSampling,
  validateOutput,
  validateCacheMarks,
]

export function validateRequest(body: unknown): Checked {
  const parsed = messagesRequest.safeParse(body, { reportInput: true })
  if (!parsed.success) return { problem: shapeProblem(parsed.error) }
  const request = parsed.data
  const kind = findModelKind(request.model)
  if (kind === undefined) return { problem: problem(404, `model: ${request.model}`) }
  if (request.messages.length === 0) return { problem: invalid('messages: at least one message is required') }
  for (const rule of RULES) {
    const found = rule(request, kind)
    if (found !== undefined) return { problem: found }
  }
  return { request, kind }
}
