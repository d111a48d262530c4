/** Several sources read at the same time, each value with the place of its source, as they come. */
export interface Placed<T> {
  readonly index: number
  readonly value: T
}

export interface SideBySideOptions {
  /** So many at a time; the others wait for their turn. */
  readonly atOnce: number
  /** Ends the sources that still run. */
  readonly stop: () => void
}

/** The first failure ends all, and so does leaving. */
export async function* sideBySide<T>(
  sources: readonly AsyncGenerator<T>[],
  { atOnce, stop }: SideBySideOptions,
): AsyncGenerator<Placed<T>> {
  type Step = { readonly index: number; readonly result: IteratorResult<T> }
  const step = async (index: number, source: AsyncGenerator<T>): Promise<Step> => ({
    index,
    result: await source.next(),
  })
  const steps = new Map<number, Promise<Step>>()
  const advance = (index: number, source: AsyncGenerator<T>): void => {
    const next = step(index, source)
    // It may fail while a value of another is on its way to the reader: heard of below.
    next.catch(() => undefined)
    steps.set(index, next)
  }
  const waiting = [...sources.entries()]
  const fill = (): void => {
    for (const [index, source] of waiting.splice(0, atOnce - steps.size)) advance(index, source)
  }
  fill()
  try {
    while (steps.size > 0) {
      const { index, result } = await Promise.race(steps.values())
      const source = sources[index]
      if (result.done === true || source === undefined) {
        steps.delete(index)
        fill()
        continue
      }
      advance(index, source)
      yield { index, value: result.value }
    }
  } finally {
    stop()
    // What they still say is of no interest, but they have to have ended.
    await Promise.allSettled(sources.map((source) => source.return(undefined)))
    await Promise.allSettled(steps.values())
  }
}
