/** A file of its own: the command line needs the names at every start, and the scripts at hardly any. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const

export type Shell = (typeof SHELLS)[number]
