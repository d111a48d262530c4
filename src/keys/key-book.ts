/** Making, listing, ending and replacing keys, for whoever runs the server. */
import {
  expireKey,
  findKeys,
  insertKey,
  type KeyTerms,
  listKeys,
  pepperIds,
  revokeKey,
  type StoredKey,
} from '../store/keys-table.ts'
import type { Database, Store } from '../store/store.ts'
import { hashOf, newKey, newKeyId, pepperIdOf, prefixOf } from './key-text.ts'
import type { Pepper } from './pepper.ts'

export interface NewKey {
  /** The key itself, which is nowhere else. */
  readonly key: string
  readonly stored: StoredKey
}

export interface KeyBook {
  create(terms: KeyTerms): Promise<NewKey>
  list(): Promise<readonly StoredKey[]>
  /** @param name an id, a shown prefix, or a name that only one live key has */
  revoke(name: string): Promise<StoredKey>
  /**
   * A new key on the same terms; the old one ends.
   * @param graceMs how long the old one still works
   */
  rotate(name: string, graceMs: number): Promise<NewKey>
}

/** A key that is not there, or a name that several have. */
export class KeyBookError extends Error {
  override readonly name = 'KeyBookError'
}

export function createKeyBook(store: Store, pepper: Pepper): KeyBook {
  const make = async (terms: KeyTerms, old?: StoredKey): Promise<NewKey> => {
    // The database first: without it, the pepper would say that there was one.
    const known = await store.run(pepperIds)
    const secret = await pepper.readOrMake()
    const pepperId = pepperIdOf(secret)
    if (known.length > 0 && !known.includes(pepperId)) {
      throw new KeyBookError(
        'the keys in this database were made with another pepper: set KEY_PEPPER as on the instances that use them',
      )
    }
    const key = newKey(secret)
    const id = newKeyId()
    const stored = {
      ...terms,
      id,
      prefix: prefixOf(key),
      hash: hashOf(key, secret),
      pepperId,
      createdAt: Date.now(),
      revokedAt: null,
      rotatedFrom: old?.id ?? null,
      account: old?.account ?? id,
    }
    return { key, stored }
  }
  return {
    async create(terms) {
      const made = await make(terms)
      await store.run((db) => insertKey(db, made.stored))
      return made
    },
    list: () => store.run(listKeys),
    revoke: (name) =>
      store.run(async (db) => {
        const { id } = pick(await listKeys(db), name)
        await revokeKey(db, id, Date.now())
        return oneOf(await findKeys(db, [id]))
      }),
    async rotate(name, graceMs) {
      const old = pick((await store.run(listKeys)).filter(isLive), name)
      const made = await make(old, old)
      await store.run((db) =>
        db.transaction().execute((transaction) => replace(transaction, old.id, made.stored, graceMs)),
      )
      return made
    },
  }
}

async function replace(db: Database, oldId: string, stored: StoredKey, graceMs: number): Promise<void> {
  const now = Date.now()
  await insertKey(db, stored)
  const wasLive = graceMs > 0 ? await expireKey(db, oldId, now + graceMs) : await revokeKey(db, oldId, now)
  // Somebody else may have revoked it in the meantime, as a rotation without grace does: then this one is not to be there.
  if (!wasLive) throw new KeyBookError('this key was revoked in the meantime')
}

const isLive = ({ revokedAt, expiresAt }: StoredKey): boolean =>
  revokedAt === null && (expiresAt === null || expiresAt > Date.now())

function pick(keys: readonly StoredKey[], name: string): StoredKey {
  const exact = keys.filter((key) => key.id === name || key.prefix === name)
  const named = keys.filter((key) => key.name === name)
  const live = named.filter(isLive)
  const found = [exact, live, named].find((list) => list.length > 0) ?? []
  if (found.length > 1) {
    throw new KeyBookError(
      `several keys are called "${name}": name one by its id: ${found.map(({ id }) => id).join(', ')}`,
    )
  }
  if (found.length === 0) throw new KeyBookError(`no key is called "${name}": dragoman keys list shows all`)
  return oneOf(found)
}

function oneOf(keys: readonly StoredKey[]): StoredKey {
  const [key] = keys
  if (key === undefined) throw new KeyBookError('this key is gone')
  return key
}
