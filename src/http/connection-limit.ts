/**
 * How many connections are taken at a time. Half of the file descriptors stay free: each Claude Code process needs
 * several, and a server that cannot start one or reach the model has nothing to offer to those that it let in.
 */
import { readFileSync } from 'node:fs'

const MOST_CONNECTIONS = 10_000

/** @param limits the text of /proc/self/limits; where there is none, only the upper bound holds */
export function connectionLimit(limits: string = ownLimits()): number {
  const openFiles = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY)
  return Math.min(MOST_CONNECTIONS, Math.floor(openFiles / 2))
}

function ownLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8')
  } catch {
    return ''
  }
}
