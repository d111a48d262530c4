/**
 * What Claude Code writes down during a turn. It is held in memory until the turn is committed: a turn that fails leaves
 * nothing half done in the session.
 */
import { randomUUID } from 'node:crypto'
import { setImmediate as others } from 'node:timers/promises'
import { ApiError } from '../errors.ts'
import { readEntries } from '../store/session-entries-table.ts'
import type { StoredSession } from '../store/sessions-table.ts'
import type { Store } from '../store/store.ts'
import type { JsonObject } from '../turn/json.ts'
import type { Transcript } from '../turn/own-tools.ts'

export interface TurnTranscript extends Transcript {
  /** @throws ApiError `session_full` when not all of it could be held */
  written(): readonly WrittenEntry[]
}

export interface WrittenEntry {
  readonly uuid: string | null
  /** In JSON. */
  readonly entry: string
  readonly bytes: number
}

export interface TurnTranscriptOptions {
  readonly store: Store
  readonly session: Pick<StoredSession, 'id' | 'transcriptId'>
  /** Bytes that the session has room for. */
  readonly room: number
  readonly full: () => ApiError
  /** Whether the turn may still write. */
  readonly isOpen: () => boolean
}

/** The process waits for SQLite, and while it parses. */
const READ_AT_ONCE = 50

export function createTurnTranscript({ store, session, room, full, isOpen }: TurnTranscriptOptions): TurnTranscript {
  let entries: WrittenEntry[] = []
  let known = new Set<string>()
  let bytes = 0
  let isFull = false
  const hold = (entry: JsonObject): void => {
    const uuid = typeof entry['uuid'] === 'string' ? entry['uuid'] : null
    if (uuid !== null && known.has(uuid)) return
    const written = toWritten(uuid, entry)
    if (bytes + written.bytes > room) {
      isFull = true
      entries = []
      throw full()
    }
    if (uuid !== null) known.add(uuid)
    bytes += written.bytes
    entries.push(written)
  }
  return {
    // One that is begun anew gets an id of its own: Claude Code takes none twice.
    id: session.transcriptId ?? randomUUID(),
    async load() {
      entries = []
      known = new Set()
      bytes = 0
      isFull = false
      if (session.transcriptId === null) return undefined
      const loaded = await loadEntries(store, session.id)
      for (const { uuid } of loaded) if (typeof uuid === 'string') known.add(uuid)
      return loaded
    },
    // oxlint-disable-next-line typescript/require-await -- it is a promise by contract, and what it throws a rejection
    async append(added) {
      if (!isOpen()) throw new ApiError('session_lost')
      if (isFull) throw full()
      for (const entry of added) hold(entry)
    },
    written() {
      if (isFull) throw full()
      return entries
    },
  }
}

function toWritten(uuid: string | null, entry: JsonObject): WrittenEntry {
  const json = JSON.stringify(entry)
  return { uuid, entry: json, bytes: Buffer.byteLength(json) }
}

async function loadEntries(store: Store, sessionId: string): Promise<readonly JsonObject[]> {
  const loaded: JsonObject[] = []
  for (;;) {
    const some = await store.run((db) => readEntries(db, sessionId, { from: loaded.length, most: READ_AT_ONCE }))
    for (const entry of some) loaded.push(toObject(entry))
    if (some.length < READ_AT_ONCE) return loaded
    await others()
  }
}

/** It was an object when it was stored. */
function toObject(json: string): JsonObject {
  const entry: JsonObject = JSON.parse(json)
  return entry
}
