import { isObject } from './json-object.ts'

/** What `#/$defs/Name` points at, or nothing. */
export function resolveLocalRef(root: unknown, ref: string): unknown {
  const steps = ref
    .replace(/^#\/?/, '')
    .split('/')
    .filter((step) => step !== '')
  let node: unknown = root
  for (const step of steps) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    node = isObject(node) && Object.hasOwn(node, name) ? node[name] : undefined
  }
  return node
}
