/** What the API's constrained decoding takes of JSON Schema: https://platform.claude.com/docs/en/build-with-claude/structured-outputs */
import { type ApiProblem, invalid } from './api-problem.ts'
import { isObject } from './json-object.ts'
import { resolveLocalRef } from './resolve-local-ref.ts'

const UNSUPPORTED = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
  'contains',
  'minProperties',
  'maxProperties',
  'patternProperties',
  'propertyNames',
  'oneOf',
  'not',
  'if',
]

export function validateSchema(schema: Readonly<Record<string, unknown>>, place: string): ApiProblem | undefined {
  return (
    checkNode(schema, place) ??
    (isRecursive(schema) ? invalid(`${place}: Recursive schemas are not supported`) : undefined)
  )
}

function checkNode(node: unknown, place: string): ApiProblem | undefined {
  if (!isObject(node)) return undefined
  for (const keyword of UNSUPPORTED) {
    if (keyword in node)
      return invalid(`${place}: For '${describe(node)}' type, property '${keyword}' is not supported`)
  }
  const { minItems, $ref } = node
  if (minItems !== undefined && minItems !== 0 && minItems !== 1) {
    return invalid(`${place}: For 'array' type, 'minItems' values other than 0 or 1 are not supported`)
  }
  if ($ref !== undefined && !(typeof $ref === 'string' && $ref.startsWith('#')))
    return invalid(`${place}: External $ref is not supported`)
  if ((node['type'] === 'object' || 'properties' in node) && node['additionalProperties'] !== false) {
    return invalid(`${place}: For 'object' type, 'additionalProperties' must be explicitly set to false`)
  }
  for (const [name, child] of children(node)) {
    const found = checkNode(child, `${place}.${name}`)
    if (found !== undefined) return found
  }
  return undefined
}

function describe(node: Readonly<Record<string, unknown>>): string {
  return typeof node['type'] === 'string' ? node['type'] : 'any'
}

/** Every schema right below one, with its place. */
function children(node: Readonly<Record<string, unknown>>): [string, unknown][] {
  const named = ['properties', '$defs', 'definitions'].flatMap((keyword) => {
    const group = node[keyword]
    return isObject(group)
      ? Object.entries(group).map(([name, child]): [string, unknown] => [`${keyword}.${name}`, child])
      : []
  })
  const listed = ['anyOf', 'allOf', 'prefixItems'].flatMap((keyword) => {
    const list = node[keyword]
    return Array.isArray(list)
      ? list.map((child: unknown, index): [string, unknown] => [`${keyword}.${index}`, child])
      : []
  })
  return [...named, ...listed, ...('items' in node ? [['items', node['items']] satisfies [string, unknown]] : [])]
}

/** Follows the local references of a schema that holds no external one. */
function isRecursive(root: Readonly<Record<string, unknown>>): boolean {
  const visit = (node: unknown, open: readonly string[]): boolean => {
    if (!isObject(node)) return false
    const { $ref } = node
    if (typeof $ref === 'string') {
      if ($ref === '#' || open.includes($ref)) return true
      const target = resolveLocalRef(root, $ref)
      if (visit(target, [...open, $ref])) return true
    }
    return children(node).some(([name, child]) => !/^(\$defs|definitions)\./.test(name) && visit(child, open))
  }
  return visit(root, [])
}
