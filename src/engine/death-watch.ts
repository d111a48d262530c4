/**
 * Ties children to our own life, so that `kill -9` of Dragoman leaves none behind. A busy Claude Code process outlives
 * both the end of its stdin and its parent. On Linux the kernel kills it (`setpriv --pdeathsig`, util-linux); elsewhere
 * a shell waits on a pipe from us and kills the groups that we had named when the pipe ends.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'

export interface DeathWatch {
  /** The command that starts `file` so that it dies with us. */
  wrap(file: string, args: readonly string[]): { file: string; args: string[] }
  /** Names a process group leader to be killed with us, until it has `exited`. */
  watch(pid: number, exited: Promise<unknown>): void
  close(): void
}

export type DeathWatchMethod = 'pdeathsig' | 'watcher'

/** `pdeathsig` where the machine has it. */
export function detectDeathWatchMethod(): DeathWatchMethod {
  if (process.platform !== 'linux') return 'watcher'
  const trial = spawnSync('setpriv', ['--pdeathsig', 'KILL', '--', 'true'], { stdio: 'ignore', timeout: 5000 })
  return trial.status === 0 ? 'pdeathsig' : 'watcher'
}

export function createDeathWatch(method: DeathWatchMethod): DeathWatch {
  return method === 'pdeathsig' ? byKernel() : byWatcher()
}

function byKernel(): DeathWatch {
  return {
    wrap: (file, args) => ({ file: 'setpriv', args: ['--pdeathsig', 'KILL', '--', file, ...args] }),
    watch: () => undefined,
    close: () => undefined,
  }
}

/** Reads `+pid` and `-pid` lines; at the end of input kills the groups still named. */
const WATCHER = `
trap '' HUP INT TERM
groups=' '
while read -r line; do
  pid=\${line#?}
  case "$line" in
    +*) groups="$groups$pid " ;;
    -*) case "$groups" in *" $pid "*) groups="\${groups%% $pid *} \${groups#* $pid }" ;; esac ;;
  esac
done
for pid in $groups; do kill -KILL "-$pid" 2>/dev/null; done
exit 0
`

function byWatcher(): DeathWatch {
  let shell: ChildProcess | undefined
  const tell = (line: string): void => {
    shell ??= startWatcher()
    shell.stdin?.write(`${line}\n`)
  }
  return {
    wrap: (file, args) => ({ file, args: [...args] }),
    watch: (pid, exited) => {
      tell(`+${pid}`)
      void exited.then(() => tell(`-${pid}`))
    },
    close: () => shell?.stdin?.end(),
  }
}

function startWatcher(): ChildProcess {
  const shell = spawn('/bin/sh', ['-c', WATCHER], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  shell.on('error', () => undefined)
  shell.stdin?.on('error', () => undefined)
  shell.unref()
  return shell
}
