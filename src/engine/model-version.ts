/** Which model a name means. */
export type Family = 'opus' | 'sonnet' | 'haiku' | 'fable'

export interface ModelVersion {
  readonly family: Family
  /** 4.5 for version 4.5. */
  readonly number: number
}

/** `claude-opus-4-7`, `claude-sonnet-5`, `claude-3-5-haiku`; also with a region, a date or a version around it. */
const PRESENT = /claude-(opus|sonnet|haiku|fable)-(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/
const OLDER = /claude-(\d)(?:[-.](\d))?-(opus|sonnet|haiku)/

/** Undefined where the name does not say. */
export function versionOf(id: string): ModelVersion | undefined {
  const present = PRESENT.exec(id)
  const older = OLDER.exec(id)
  const [family, major, minor] =
    present === null ? [older?.[3], older?.[1], older?.[2]] : [present[1], present[2], present[3]]
  if (family !== 'opus' && family !== 'sonnet' && family !== 'haiku' && family !== 'fable') return undefined
  return { family, number: Number(`${major}.${minor ?? 0}`) }
}
