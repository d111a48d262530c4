/** What the server and a checking thread say to each other. Schemas and answers travel as JSON text. */
import type { SchemaFault } from './compile-schema.ts'

export interface ThreadRequest {
  /** The schema's digest: what the thread has compiled is kept under it. */
  readonly key: string
  readonly schema: string
  /** Absent where only the schema is to be checked. */
  readonly answer?: string
}

export type ThreadReply =
  | { readonly type: 'ready' }
  | { readonly type: 'fits' }
  /** The schema is none. */
  | { readonly type: 'fault'; readonly fault: SchemaFault }
  /** The answer does not fit. */
  | { readonly type: 'misfit'; readonly message: string }
  /** The check has no end. */
  | { readonly type: 'endless' }
