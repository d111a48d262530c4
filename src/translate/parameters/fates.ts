/** What becomes of the parameters of a request, by a table that has a row for each. */
import { unsupported } from '../unsupported.ts'

/** What of a request is not honoured: a parameter, or a place inside of one (`tools[0].custom.format.grammar`). */
export interface Dropped {
  readonly name: string
  /** One sentence. */
  readonly why: string
}

/** `Value` is what the parameter holds when it is neither absent nor null. */
export interface Fate<Value, Request> {
  /**
   * `mapped` reaches the model or the answer, or is kept as the caller asked; `ignored` is dropped and named in
   * `x-dragoman-ignored`, or refused where the operator wants strictness; `rejected` is refused.
   */
  readonly kind: 'mapped' | 'ignored' | 'rejected'
  /** To what it is mapped, or why it is not: one sentence. */
  readonly why: string
  /** Values that ask for nothing beyond what happens anyway: never refused, never reported. */
  readonly isDefault?: (value: Value, request: Request) => boolean
  /** Places inside of a mapped value that are dropped. */
  readonly ignoredParts?: (value: Value) => readonly Dropped[]
}

/** A parameter of the request without a row does not compile. */
export type FateTable<Request> = {
  readonly [Name in keyof Request]-?: Fate<NonNullable<Request[Name]>, Request>
}

/** What became of a parameter that a request has. */
export interface Judgement {
  readonly parameter: string
  readonly kind: Fate<never, never>['kind']
  readonly why: string
  /** The parameter itself or places inside of it; empty where it is honoured or asks for nothing beyond what happens anyway. */
  readonly dropped: readonly Dropped[]
}

/** One for each parameter that is neither absent nor null, in the order of `names`. */
export function judge<Request extends object>(
  fates: FateTable<Request>,
  names: readonly (keyof Request & string)[],
  request: Request,
): Judgement[] {
  return names
    .filter((name) => request[name] !== undefined && request[name] !== null)
    .map((name) => ({
      parameter: name,
      kind: fates[name].kind,
      why: fates[name].why,
      dropped: droppedOf(fates[name], name, request),
    }))
}

function droppedOf<Request, Name extends keyof Request & string>(
  fate: Fate<NonNullable<Request[Name]>, Request>,
  name: Name,
  request: Request,
): readonly Dropped[] {
  const value = request[name]
  if (value === undefined || value === null) return []
  if (fate.kind === 'mapped') return fate.ignoredParts?.(value) ?? []
  return fate.isDefault?.(value, request) === true ? [] : [{ name, why: fate.why }]
}

/**
 * The names of what is dropped.
 * @throws ApiError `unsupported_parameter` for the first that is refused; with `strict` also for what would be dropped.
 */
export function settleFates(judgements: readonly Judgement[], { strict }: { strict: boolean }): { ignored: string[] } {
  const ignored: string[] = []
  for (const { kind, dropped } of judgements) {
    const [first] = dropped
    if (first === undefined) continue
    if (kind === 'rejected' || strict) throw unsupported(first.name, first.why)
    ignored.push(...dropped.map(({ name }) => name))
  }
  return { ignored }
}

/**
 * The names of what the model of a request does not take.
 * @throws ApiError `unsupported_parameter` with `strict`.
 */
export function reportIgnored(dropped: readonly Dropped[], { strict }: { strict: boolean }): string[] {
  const [first] = dropped
  if (first !== undefined && strict) throw unsupported(first.name, first.why)
  return dropped.map(({ name }) => name)
}
