/**
 * Rows of the ledger on their way into the database, in files of the data folder: what was written to them is not lost when
 * this process is killed or the database is away. Each row is written when a model is about to be asked, as it would be if
 * the server was killed at that moment, again with what each call took, and as done at the end. The last line counts.
 * What was sealed is read by whoever brings it into the database, this instance or one that comes after it.
 */
import { chmodSync, closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as others } from 'node:timers/promises'
import { mayRun, touch, TOUCH_MS } from '../instance.ts'
import type { UsageRow } from '../store/usage-table.ts'
import { type JournalLine, readJournalLine } from './journal-line.ts'

export interface Journal {
  /** Part of the file when it returns. @returns false where it could not be written */
  write(line: JournalLine): boolean
  /** Begins a new file with these lines, in which rows that are not done go on. The old one can be read. */
  seal(goingOn: readonly JournalLine[]): void
  /** Written since it was last sealed. */
  readonly bytes: number
  /** In all files. */
  readonly waitingBytes: number
  /** Files to bring into the database, the oldest first: what was sealed, and what instances that are gone left. */
  sealed(): readonly SealedJournal[]
  /** Looks for those of instances that are gone, and takes each once. */
  adopt(): Promise<void>
  /** @param isOver whether nothing that is in it is still needed */
  close(isOver: boolean): Promise<void>
}

export interface SealedJournal {
  /** Each request once; of a request that is in a later file too, that file knows more. */
  read(): Promise<readonly JournalLine[]>
  /** Its rows are in the database. */
  remove(): Promise<void>
  /** It is not tried again before the next start. */
  leave(): void
  /** Whether the instance that wrote it is gone: what is not done in it never will be. */
  readonly isOrphan: boolean
}

/** In bytes: while the database is away, a full disk would be worse than rows that are lost. */
const MOST_ON_DISK = 256 * 1024 * 1024

/**
 * @param name of this instance
 * @throws what keeps it from making its folder
 */
export function openJournal(dataFolder: string, name: string): Journal {
  const journals = join(dataFolder, 'usage')
  mkdirSync(journals, { recursive: true, mode: 0o700 })
  chmodSync(journals, 0o700)
  mkdirSync(join(journals, name), { mode: 0o700 })
  return new FileJournal(journals, name)
}

class FileJournal implements Journal {
  readonly #journals: string
  readonly #name: string
  readonly #folder: string
  readonly #sealed: { journal: JournalFiles; bytes: number }[] = []
  readonly #adopted = new Set<string>()
  readonly #touching: NodeJS.Timeout
  #count = 0
  #path: string
  /** Undefined once closed: its number may be another file's by then. */
  #file: number | undefined
  #bytes = 0
  #isTorn = false

  constructor(journals: string, name: string) {
    this.#journals = journals
    this.#name = name
    this.#folder = join(journals, name)
    this.#path = this.#nextPath()
    this.#file = openSync(this.#path, 'a', 0o600)
    this.#touching = setInterval(() => void touch(this.#folder).catch(() => undefined), TOUCH_MS).unref()
  }

  get bytes(): number {
    return this.#bytes
  }

  write(line: JournalLine): boolean {
    if (this.#file === undefined || this.waitingBytes > MOST_ON_DISK) return false
    // After half a line, such as a full disk leaves, the next one begins anew.
    const text = Buffer.from(`${this.#isTorn ? '\n' : ''}${JSON.stringify(line)}\n`)
    try {
      const written = writeSync(this.#file, text)
      this.#bytes += written
      this.#isTorn = written < text.length
    } catch {
      this.#isTorn = true
    }
    return !this.#isTorn
  }

  seal(goingOn: readonly JournalLine[]): void {
    const path = this.#nextPath()
    const file = openSync(path, 'a', 0o600)
    if (this.#file !== undefined) closeSync(this.#file)
    this.#sealed.push({ journal: sealedJournal([this.#path], undefined), bytes: this.#bytes })
    this.#path = path
    this.#file = file
    this.#bytes = 0
    this.#isTorn = false
    for (const line of goingOn) this.write(line)
  }

  sealed(): readonly SealedJournal[] {
    return this.#sealed.map(({ journal }) => {
      const leave = (): void => {
        const index = this.#sealed.findIndex((each) => each.journal === journal)
        if (index !== -1) this.#sealed.splice(index, 1)
      }
      return { ...journal, leave, remove: () => journal.remove().then(leave) }
    })
  }

  async adopt(): Promise<void> {
    for (const name of await readdir(this.#journals)) {
      const folder = join(this.#journals, name)
      if (name === this.#name || (await mayRun(name, folder).catch(() => true)) || this.#adopted.has(name)) continue
      this.#adopted.add(name)
      // Another instance may be about to take it away.
      const names = await readdir(folder).catch((): string[] => [])
      const files = names.toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
      const paths = files.map((file) => join(folder, file))
      const sizes = await Promise.all(
        paths.map((path) =>
          stat(path).then(
            ({ size }) => size,
            () => 0,
          ),
        ),
      )
      const bytes = sizes.reduce((sum, size) => sum + size, 0)
      this.#sealed.push({ journal: sealedJournal(paths, folder), bytes })
    }
  }

  async close(isOver: boolean): Promise<void> {
    if (this.#file === undefined) return
    clearInterval(this.#touching)
    closeSync(this.#file)
    this.#file = undefined
    if (isOver) await rm(this.#folder, { recursive: true, force: true })
  }

  get waitingBytes(): number {
    return this.#sealed.reduce((sum, { bytes }) => sum + bytes, this.#bytes)
  }

  #nextPath(): string {
    this.#count += 1
    return join(this.#folder, `${this.#count}.jsonl`)
  }
}

/** Lines that are read before others have their turn. */
const LINES_AT_ONCE = 200

/** Another instance that found the same files has brought them in. */
function nothingIfGone(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
  throw error
}

type JournalFiles = Omit<SealedJournal, 'leave'>

function sealedJournal(paths: readonly string[], folder: string | undefined): JournalFiles {
  return {
    isOrphan: folder !== undefined,
    async read() {
      const lines = new Map<UsageRow['id'], JournalLine>()
      for (const path of paths) {
        const text = await readFile(path, 'utf8').catch(nothingIfGone)
        for (const [at, line] of text.split('\n').entries()) {
          if (at % LINES_AT_ONCE === LINES_AT_ONCE - 1) await others()
          const read = readJournalLine(line)
          if (read !== undefined) lines.set(read.row.id, read)
        }
      }
      return [...lines.values()]
    },
    async remove() {
      for (const path of [...paths, ...(folder === undefined ? [] : [folder])]) {
        await rm(path, { recursive: true, force: true })
      }
    },
  }
}
