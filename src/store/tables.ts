import type { KeysTable } from './keys-table.ts'

/** Every table, as kysely sees it. */
export interface Tables {
  readonly keys: KeysTable
}
