import { setImmediate as others } from 'node:timers/promises'
import { type StoredTurn, sessionTurnSchema } from '../wire/session.ts'

/** In characters. To parse and check so many takes some milliseconds. */
const READ_AT_ONCE = 1_000_000

/** Turns of a session as they were stored. Of a long one some at a time, and others have their turn in between. */
export async function readStoredTurns(contents: readonly string[]): Promise<StoredTurn[]> {
  const turns: StoredTurn[] = []
  let characters = 0
  for (const content of contents) {
    turns.push(sessionTurnSchema.parse(JSON.parse(content)))
    characters += content.length
    if (characters < READ_AT_ONCE) continue
    characters = 0
    await others()
  }
  return turns
}
