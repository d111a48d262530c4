/** Says what is wrong with a body's shape in the API's words: `messages.0.content.1.text: Field required`. */
import type { z } from 'zod'
import { type ApiProblem, invalid } from './api-problem.ts'

interface Finding {
  readonly path: readonly PropertyKey[]
  readonly text: string
}

export function shapeProblem(error: z.ZodError): ApiProblem {
  const issue = error.issues[0]
  if (issue === undefined) return invalid('The request is not valid.')
  const { path, text } = finding(issue)
  return invalid(path.length === 0 ? text : `${path.map(String).join('.')}: ${text}`)
}

function finding(issue: z.core.$ZodIssue): Finding {
  if (issue.code !== 'invalid_union') return { path: issue.path, text: wording(issue) }
  if (issue.discriminator !== undefined) {
    const text =
      issue.input === undefined ? 'Field required' : `Input tag is not one of the expected ${issue.discriminator}s`
    return { path: issue.path, text }
  }
  // The branch that got furthest is the one that was meant.
  const branches = issue.errors.flatMap((issues) => issues.slice(0, 1)).map(finding)
  const meant = branches.toSorted((a, b) => b.path.length - a.path.length)[0]
  if (meant === undefined || meant.path.length === 0) return { path: issue.path, text: meant?.text ?? issue.message }
  return { path: [...issue.path, ...meant.path], text: meant.text }
}

function wording(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'Field required' : `Input should be a valid ${issue.expected}`
    case 'invalid_value':
      return issue.input === undefined
        ? 'Field required'
        : `Input should be ${issue.values.map((value) => `'${String(value)}'`).join(' or ')}`
    case 'unrecognized_keys':
      return `${issue.keys.join(', ')}: Extra inputs are not permitted`
    case 'too_small':
      return issue.origin === 'string'
        ? `String should have at least ${issue.minimum} character`
        : `Input should be greater than or equal to ${issue.minimum}`
    case 'too_big':
      return issue.origin === 'string'
        ? `String should have at most ${issue.maximum} characters`
        : `Input should be less than or equal to ${issue.maximum}`
    case 'invalid_format':
      return issue.pattern === undefined
        ? `Input should be valid ${issue.format}`
        : `String should match pattern '${issue.pattern.slice(1, -1)}'`
    default:
      return issue.message
  }
}
