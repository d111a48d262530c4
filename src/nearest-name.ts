/** The name that somebody who wrote another one is likely to have meant. */

/** More letters that differ are no slip of the fingers. */
const MOST_CHANGES = 4

/** @returns the nearest of the names, whatever their case; undefined where none is near */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  // Nobody's slip, and slow to compare.
  if (written.length > 100) return undefined
  const near = names
    .map((name) => ({ name, changes: changesBetween(written.toUpperCase(), name.toUpperCase()) }))
    .filter(({ name, changes }) => changes <= Math.min(MOST_CHANGES, name.length / 2))
    .toSorted((left, right) => left.changes - right.changes)
  return near[0]?.name
}

/** How many letters have to be put in, left out or replaced (Levenshtein). */
function changesBetween(from: string, to: string): number {
  let before = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (const [row, letter] of from.split('').entries()) {
    const line = [row + 1]
    for (const [column, other] of to.split('').entries()) {
      const replaced = (before[column] ?? 0) + (letter === other ? 0 : 1)
      line.push(Math.min(replaced, (before[column + 1] ?? 0) + 1, (line[column] ?? 0) + 1))
    }
    before = line
  }
  return before.at(-1) ?? 0
}
