/** Work that waits for others before it, in the order in which it came. */
export interface PlacesInLine {
  /** Resolves, or rejects, as the work does. */
  hold<Result>(work: () => Promise<Result>): Promise<Result>
}

export function createPlacesInLine(most: number): PlacesInLine {
  const waiting: (() => void)[] = []
  let free = most
  return {
    async hold(work) {
      if (free > 0) free -= 1
      else await new Promise<void>((resolve) => waiting.push(resolve))
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next === undefined) free += 1
        else next()
      }
    },
  }
}
