/**
 * Where Claude Code's process is outside of the sandbox and its commands are in one each, a command of one turn can exchange a file
 * for a link while a tool of another one opens it. So in a folder either commands are at work or tools for files, but for those of
 * the same turn, which Claude Code runs one after the other.
 */
import { relative, sep } from 'node:path'

export type Group = 'commands' | 'files'

export interface Entry {
  readonly workspace: string
  readonly group: Group
  /** Whatever stands for the turn. */
  readonly turn: object
}

export interface WorkspaceGroups {
  /**
   * Waits until nobody of the other group is at work there, and whoever came before has had the same.
   * @returns what gives the place back. @throws the reason of the signal
   */
  enter(entry: Entry, signal: AbortSignal): Promise<() => void>
}

interface Visitor extends Entry {
  isIn: boolean
  /** Looks again whether it may come in. */
  look: () => void
}

export function createWorkspaceGroups(): WorkspaceGroups {
  /** In the order in which they came. */
  const visitors: Visitor[] = []
  const mayEnter = (visitor: Visitor): boolean => {
    const before = visitors.slice(0, visitors.indexOf(visitor))
    return !visitors.some((other) => excludes(other, visitor) && (other.isIn || before.includes(other)))
  }
  const leave = (visitor: Visitor): void => {
    const at = visitors.indexOf(visitor)
    if (at === -1) return
    visitors.splice(at, 1)
    for (const each of visitors) if (!each.isIn) each.look()
  }
  return {
    async enter(entry, signal) {
      signal.throwIfAborted()
      const visitor: Visitor = { ...entry, isIn: false, look: () => undefined }
      visitors.push(visitor)
      const giveUp = (): void => visitor.look()
      signal.addEventListener('abort', giveUp)
      try {
        while (!mayEnter(visitor)) {
          await new Promise<void>((resolve) => (visitor.look = resolve))
          signal.throwIfAborted()
        }
        visitor.isIn = true
        return () => leave(visitor)
      } catch (error) {
        leave(visitor)
        throw error
      } finally {
        signal.removeEventListener('abort', giveUp)
      }
    },
  }
}

function excludes(one: Entry, other: Entry): boolean {
  if (one.group === other.group || one.turn === other.turn) return false
  return holds(one.workspace, other.workspace) || holds(other.workspace, one.workspace)
}

function holds(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`)
}
