import type { Judgement } from '../translate/parameters/fates.ts'

const FATE_WORDS = { mapped: 'Honoured.', ignored: 'Ignored and reported.', rejected: 'Refused.' } as const

/** What becomes of each parameter, in sentences for the documentation. */
export function describeFates(
  fates: Readonly<Record<string, Pick<Judgement, 'kind' | 'why'>>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fates).map(([name, { kind, why }]) => [name, `${FATE_WORDS[kind]} ${why}`]))
}
