/** Each value as what `render` makes of it. */
export async function* renderAll<T, Chunk>(
  values: AsyncIterable<{ readonly index: number; readonly value: T }>,
  render: (value: T, index: number) => readonly Chunk[],
): AsyncGenerator<Chunk> {
  for await (const { index, value } of values) yield* render(value, index)
}

export async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const value of values) all.push(value)
  return all
}
