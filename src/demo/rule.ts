import type { ApiProblem } from './api-problem.ts'
import type { ModelKind } from './model-kinds.ts'
import type { MessagesRequest } from './request-shape.ts'

/** One rule family: the first thing it finds wrong, or nothing. */
export type Rule = (request: MessagesRequest, kind: ModelKind) => ApiProblem | undefined
