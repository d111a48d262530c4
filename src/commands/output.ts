/** Where a command writes: standard output, or a test's collector. */
export interface Output {
  write(text: string): unknown
  /** Colours are for terminals. */
  readonly isTTY?: boolean
}
