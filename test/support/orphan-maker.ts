/** Run as a process of its own: starts a child under a death watch, says its pid, and waits to be killed. */
import { spawnChild } from '../../src/engine/child.ts'
import { createDeathWatch } from '../../src/engine/death-watch.ts'

const method = process.argv[2] === 'watcher' ? 'watcher' : 'pdeathsig'
// It ignores what a polite end would send, so that only a kill can have ended it.
const stubborn = `trap '' TERM HUP INT; while :; do sleep 1; done`
const child = spawnChild(
  {
    command: '/bin/sh',
    args: ['-c', stubborn],
    env: { PATH: process.env['PATH'] },
  },
  createDeathWatch(method),
)
process.stdout.write(`${child.pid}\n`)
setInterval(() => undefined, 1000)
