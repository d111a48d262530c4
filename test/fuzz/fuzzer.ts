/** Tries a parser of untrusted bytes with what the corpus holds and with what is made of that. */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Random } from '../support/random.ts'
import { createMutator } from './mutate.ts'

export interface Target {
  /** Its folder in the corpus. */
  readonly name: string
  /**
   * Hands an input to the parser. Throws what it must not do.
   * @returns what became of the input, in a word: inputs of a kind that is new are varied further
   */
  run(input: Buffer): string | Promise<string>
  close?(): Promise<void>
}

export interface Failure {
  readonly target: string
  readonly input: Buffer
  readonly reason: string
}

export interface FuzzResult {
  readonly runs: number
  /** What became of inputs, and how often. */
  readonly kinds: ReadonlyMap<string, number>
  readonly failure: Failure | undefined
}

/** Whatever comes, it is read or refused within this. */
const LONGEST_MS = 1000
const MOST_BYTES = 200 * 1024 * 1024
const MOST_KINDS = 500
const CORPUS = fileURLToPath(new URL('corpus', import.meta.url))

/** All that the corpus has for it, by the names of the files. */
export function corpusOf({ name }: Pick<Target, 'name'>): readonly { readonly file: string; readonly input: Buffer }[] {
  const folder = join(CORPUS, name)
  return readdirSync(folder)
    .toSorted()
    .map((file) => ({ file, input: readFileSync(join(folder, file)) }))
}

/** From now on every run tries it. @returns where it is */
export function keepFailure({ target, input }: Failure): string {
  const path = join(CORPUS, target, `found-${createHash('sha256').update(input).digest('hex').slice(0, 12)}`)
  mkdirSync(join(CORPUS, target), { recursive: true })
  writeFileSync(path, input)
  return path
}

/** What is wrong with how the target takes this input; undefined where nothing is. */
export async function tryInput(target: Target, input: Buffer): Promise<{ kind: string; reason: string | undefined }> {
  const [began, before] = [performance.now(), process.memoryUsage.rss()]
  try {
    const kind = await target.run(input)
    const [took, bytes] = [performance.now() - began, process.memoryUsage.rss() - before]
    if (took > LONGEST_MS) return { kind, reason: `it took ${Math.round(took)} ms` }
    return { kind, reason: bytes > MOST_BYTES ? `it took ${Math.round(bytes / 1_048_576)} MB` : undefined }
  } catch (error) {
    return { kind: 'failure', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

/** Until the time is over or an input fails. */
export async function fuzz(target: Target, { ms, random }: { ms: number; random: Random }): Promise<FuzzResult> {
  const mutator = createMutator(random)
  const inputs = corpusOf(target).map(({ input }) => input)
  const kinds = new Map<string, number>()
  const end = performance.now() + ms
  let runs = 0
  for (; performance.now() < end; runs += 1) {
    const input = mutator.mutate(random.pick(inputs), inputs)
    const { kind, reason } = await tryInput(target, input)
    if (reason !== undefined) return { runs, kinds, failure: { target: target.name, input, reason } }
    if (!kinds.has(kind) && kinds.size < MOST_KINDS) inputs.push(input)
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }
  return { runs, kinds, failure: undefined }
}
