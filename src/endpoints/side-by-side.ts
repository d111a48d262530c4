/** Several sources read at the same time, each value with the place of its source, as they come. */
export interface Placed<T> {
  readonly index: number
  readonly value: T
}

/**
 * The first failure ends all, and so does leaving.
 * @param stop ends the sources that still run
 */
export async function* sideBySide<T>(
  sources: readonly AsyncGenerator<T>[],
  stop: () => void,
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
  for (const [index, source] of sources.entries()) advance(index, source)
  try {
    while (steps.size > 0) {
      const { index, result } = await Promise.race(steps.values())
      const source = sources[index]
      if (result.done === true || source === undefined) {
        steps.delete(index)
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
