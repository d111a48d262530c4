import { readFileSync } from 'node:fs'

/** How many processes the system has killed for want of memory since it started; 0 where it does not tell (proc(5), Linux). */
export function oomKills(): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
