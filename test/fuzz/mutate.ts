/**
 * Makes an input of another: now and then byte by byte, mostly as the JSON that it is, so that it gets past the first check
 * and further in.
 */
import type { Random } from '../support/random.ts'

export interface Mutator {
  /** @param others inputs to take pieces from */
  mutate(input: Buffer, others: readonly Buffer[]): Buffer
}

const MOST_BYTES = 200_000
const DEEP = JSON.parse(`${'['.repeat(70)}${']'.repeat(70)}`)

/** What programs trip over. */
const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1.5,
  1e308,
  -1e308,
  2 ** 31,
  2 ** 53,
  '',
  ' ',
  '0',
  '-1',
  '\0',
  '\uD800',
  '\uDC00x',
  '😀',
  '\r\nx: y',
  '../../../etc/passwd',
  '%2e%2e/%00',
  '__proto__',
  'constructor',
  'toString',
  '#/$defs/a',
  '#',
  '(a+)+$',
  'data:image/png;base64,iVBORw0KGgo=',
  'https://example.com/a.png',
  'x'.repeat(20_000),
  '\n'.repeat(2000),
  [],
  {},
  [null],
  [[]],
  { type: 'text' },
  { $ref: '#' },
  DEEP,
]

const BYTES = [
  '\0',
  '\r\n',
  '\n\n',
  ':',
  ',',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  '\u{10FFFF}',
  ' ',
  '%',
  '0',
  '-',
  'data: ',
].map((text) => Buffer.from(text))

type Container = Record<string, unknown> | unknown[]

interface Place {
  readonly parent: Container
  readonly key: string
}

export function createMutator(random: Random): Mutator {
  const below = (count: number): number => Math.floor(random.next() * count)
  const mutateBytes = (input: Buffer, others: readonly Buffer[]): Buffer => {
    const at = below(input.length + 1)
    const until = Math.min(input.length, at + 1 + below(random.next() < 0.5 ? 8 : 200))
    const [head, piece, tail] = [input.subarray(0, at), input.subarray(at, until), input.subarray(until)]
    switch (below(6)) {
      case 0:
        return Buffer.concat([head, tail])
      case 1:
        return Buffer.concat([head, piece, piece, tail])
      case 2:
        return Buffer.concat([head, Buffer.from([below(256)]), input.subarray(at + 1)])
      case 3:
        return Buffer.concat([head, random.pick(BYTES), input.subarray(at)])
      case 4: {
        const other = random.pick(others)
        return Buffer.concat([head, other.subarray(below(other.length + 1))])
      }
      default:
        return Buffer.concat([head, ...Array.from({ length: 1 + below(300) }, () => piece), tail])
    }
  }
  const mutateJson = (root: { value: unknown }, others: readonly Buffer[]): void => {
    const places = placesIn(root)
    const { parent, key } = random.pick(places)
    const set = (value: unknown): void => define(parent, key, value)
    switch (below(7)) {
      case 0:
      case 1:
        return set(structuredClone(random.pick(VALUES)))
      case 2:
        if (Array.isArray(parent)) parent.splice(Number(key), 1)
        else if (parent !== root) delete parent[key]
        return
      case 3: {
        const other = random.pick(places)
        return set(structuredClone(valueAt(other)))
      }
      case 4: {
        const other = parse(random.pick(others))
        return other === undefined ? undefined : set(valueAt(random.pick(placesIn({ value: other.value }))))
      }
      case 5: {
        const name = random.pick(VALUES)
        if (typeof name === 'string' && parent !== root && !Array.isArray(parent)) {
          define(parent, name, structuredClone(valueAt({ parent, key })))
        }
        return
      }
      default: {
        const value = valueAt({ parent, key })
        if (Array.isArray(value)) set([...value, ...value])
        else if (typeof value === 'string') set(alter(value))
        else if (typeof value === 'number') set(value + random.pick([1, -1, 0.5, 1e9]))
        else set([value])
      }
    }
  }
  const alter = (text: string): string => {
    const at = below(text.length + 1)
    const strings = VALUES.filter((value) => typeof value === 'string')
    return random.next() < 0.5 ? text.slice(0, at) : text.slice(0, at) + random.pick(strings) + text.slice(at)
  }
  return {
    mutate(input, others) {
      const root = random.next() < 0.85 ? parse(input) : undefined
      let mutated = input
      const times = 1 + below(3)
      if (root === undefined) for (let time = 0; time < times; time += 1) mutated = mutateBytes(mutated, others)
      else {
        for (let time = 0; time < times; time += 1) mutateJson(root, others)
        mutated = Buffer.from(JSON.stringify(root.value))
      }
      return mutated.length > MOST_BYTES ? mutated.subarray(0, MOST_BYTES) : mutated
    },
  }
}

function parse(input: Buffer): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(input.toString('utf8')) }
  } catch {
    return undefined
  }
}

/** Everything that can be changed; the whole is one of it. */
function placesIn(root: { value: unknown }): Place[] {
  const places: Place[] = [{ parent: root, key: 'value' }]
  for (const place of places) {
    const value = valueAt(place)
    if (typeof value !== 'object' || value === null || places.length > 2000) continue
    places.push(...Object.keys(value).map((key) => ({ parent: value as Container, key })))
  }
  return places
}

function valueAt({ parent, key }: Place): unknown {
  return Object.getOwnPropertyDescriptor(parent, key)?.value
}

/** Also `__proto__`, as JSON has it: a name like any other. */
function define(parent: Container, key: string, value: unknown): void {
  Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true })
}
