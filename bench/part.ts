/** What a part of the bench gets to work with. */
export interface Bench {
  /** Fewer requests and shorter runs. */
  readonly quick: boolean
  /** An empty folder, removed afterwards. */
  readonly folder: string
}

export type Part = (bench: Bench) => Promise<void>

export function printTable(titles: readonly string[]): (cells: readonly (string | number)[]) => void {
  const row = (cells: readonly (string | number)[]): void => console.log(`| ${cells.join(' | ')} |`)
  row(titles)
  row(titles.map(() => '---'))
  return row
}

/** Milliseconds, with a decimal where it matters. */
export function ms(value: number): string {
  return value.toFixed(value < 10 ? 1 : 0)
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}
