export interface Random {
  /** From 0 to below 1. */
  next(): number
  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T
  /** Gives all of a list in some order, then all of it in another one, and so on. */
  deal<T>(list: readonly T[]): () => T
}

/** A small generator (mulberry32) that makes the same numbers from the same seed. */
export function createRandom(seed: number): Random {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296
  }
  const take = <T>(list: T[]): T => {
    const [picked] = list.splice(Math.floor(next() * list.length), 1)
    if (picked === undefined) throw new Error('nothing to pick from')
    return picked
  }
  return {
    next,
    pick: (list) => take([...list]),
    deal: (list) => {
      let left: (typeof list)[number][] = []
      return () => {
        if (left.length === 0) left = [...list]
        return take(left)
      }
    },
  }
}
