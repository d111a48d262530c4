import type { Target } from './target.ts'

/** The promises of docs/promises.md. */
export type PromiseId = 'G1' | 'G2' | 'G3' | 'G4' | 'G5' | 'G6' | 'G7' | 'G8' | 'G9' | 'G10'

/** What an attack cannot do without. */
export type Need =
  /** The server asks for a key, and the attacker has one. */
  | 'key'
  /** The attacker's key has not the scope `admin`. */
  | 'limited key'
  /** Somebody else has a key too. */
  | 'other key'
  /** What the server writes to its log can be read. */
  | 'log'
  /** What reaches the model can be seen, and what it answers can be said. */
  | 'model'
  /** It takes tens of seconds, most of them waiting. */
  | 'time'

/** One thing that somebody tries. */
export interface Attack {
  /** Says what is tried. */
  readonly name: string
  /** What would be broken if it worked. */
  readonly promise: PromiseId
  readonly needs?: readonly Need[]
  /** @throws Breach when it worked */
  readonly run: (target: Target) => Promise<void>
}

/** An attack that worked. */
export class Breach extends Error {
  override readonly name = 'Breach'
}

/** @throws Breach unless it is so */
export function hold(isHeld: boolean, otherwise: string): asserts isHeld {
  if (!isHeld) throw new Breach(otherwise)
}

/** Tries every value, some at a time, and gathers what worked. */
export async function tryEach<T>(values: Iterable<T>, attempt: (value: T) => Promise<void>): Promise<void> {
  const breaches: string[] = []
  const rest = [...values]
  const tryRest = async (): Promise<void> => {
    for (let value = rest.shift(); value !== undefined; value = rest.shift()) {
      try {
        await attempt(value)
      } catch (error) {
        if (!(error instanceof Breach)) throw error
        breaches.push(error.message)
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, tryRest))
  if (breaches.length > 0) throw new Breach([...breaches.slice(0, MOST_TOLD), more(breaches.length)].join('\n').trim())
}

/** Few enough that none of them is refused for want of room. */
const AT_ONCE = 8
const MOST_TOLD = 8

const more = (count: number): string => (count > MOST_TOLD ? `and ${count - MOST_TOLD} more` : '')
