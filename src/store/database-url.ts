import { join, resolve } from 'node:path'

/** Where the database is. */
export type DatabaseAddress = SqliteAddress | PostgresAddress

export interface SqliteAddress {
  readonly kind: 'sqlite'
  readonly path: string
  /** Its folder is ours, and nobody else's to look into. */
  readonly ownFolder: boolean
}

interface PostgresAddress {
  readonly kind: 'postgres'
  readonly url: string
}

/** The folder in the data folder for what has to outlive the process. */
export const storeFolder = (dataFolder: string): string => join(dataFolder, 'store')

/** Beside the default database: what keys are hashed with. It is made with the first key. */
export const PEPPER_FILE = 'key-pepper'

/** @param url as `DATABASE_URL` allows it */
export function readDatabaseUrl(url: string, dataFolder: string): DatabaseAddress {
  if (!url.startsWith('sqlite:')) return { kind: 'postgres', url }
  const path = url.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '')
  if (path !== '') return { kind: 'sqlite', path: resolve(path), ownFolder: false }
  return { kind: 'sqlite', path: join(storeFolder(dataFolder), 'dragoman.db'), ownFolder: true }
}

/** For people, without a password. */
export function describeAddress(address: DatabaseAddress): string {
  if (address.kind === 'sqlite') return address.path
  const { host, pathname } = new URL(address.url)
  return `PostgreSQL ${host}${pathname}`
}
