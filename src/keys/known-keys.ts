/** Keys that the database has told of, the most recently used last. Bounded. */
import type { StoredKey } from '../store/keys-table.ts'

interface KnownKey {
  readonly key: StoredKey
  /** When the database last said so, on the monotonic clock. */
  readonly confirmedAt: number
}

const MOST = 2000

export class KnownKeys {
  readonly #byHash = new Map<string, KnownKey>()

  /** Counts as a use. */
  get(hash: string): KnownKey | undefined {
    const known = this.#byHash.get(hash)
    if (known === undefined) return undefined
    this.#byHash.delete(hash)
    this.#byHash.set(hash, known)
    return known
  }

  confirm(key: StoredKey): void {
    this.#byHash.set(key.hash, { key, confirmedAt: performance.now() })
    for (const oldest of this.#byHash.keys()) {
      if (this.#byHash.size <= MOST) return
      this.#byHash.delete(oldest)
    }
  }

  forget(hash: string): void {
    this.#byHash.delete(hash)
  }

  all(): readonly StoredKey[] {
    return [...this.#byHash.values()].map(({ key }) => key)
  }
}
