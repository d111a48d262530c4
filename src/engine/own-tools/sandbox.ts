/**
 * The sandbox of a process with tools: bubblewrap around all of it, so that one boundary holds for its own file tools, its
 * commands, and what these start. It sees the system's programs, its home and the workspace, and no other process; it has
 * no network but the way out to the model. When it ends, everything in it ends.
 */
import { dirname } from 'node:path'
import type { SpawnOptions } from '../claude-code.ts'
import { cover } from './hidden-paths.ts'

export interface SandboxTools {
  /** Paths of the programs. */
  readonly bwrap: string
  readonly socat: string
  /** Whether it can bound what lies in memory. */
  readonly hasSizes: boolean
}

export interface SandboxBounds {
  /** Processes and threads. */
  readonly processes: number
  /** Of a file. */
  readonly fileBytes: number
}

export interface Confinement {
  readonly workspace: string
  readonly isWritable: boolean
  readonly home: string
  /** Paths besides those of the system that can be read. */
  readonly readable: readonly string[]
  /** Folders that cannot, if they lie in one of the system. */
  readonly private: readonly string[]
  /** Files and folders that cannot, wherever they lie. */
  readonly secret: readonly string[]
  readonly bounds: SandboxBounds
  /** The way out to the model; undefined where the process has the network. */
  readonly wayOut: { readonly port: number; readonly socket: string } | undefined
}

const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/opt']

/** What programs need of /etc. Other files there can hold what the server may read, and callers may not. */
const ETC = [
  'alternatives',
  'ca-certificates',
  'ca-certificates.conf',
  'debian_version',
  'group',
  'hosts',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'locale.alias',
  'localtime',
  'magic',
  'mime.types',
  'nsswitch.conf',
  'os-release',
  'passwd',
  'pki/ca-trust',
  'pki/tls/cert.pem',
  'pki/tls/certs',
  'resolv.conf',
  'services',
  'ssl/certs',
  'ssl/openssl.cnf',
  'timezone',
]

/**
 * What a server that runs as root could change for the whole machine, without any capability: the kernel looks at the owner of these
 * alone, and the root of a sandbox is root to it. A program named in `sys/kernel/core_pattern` runs outside of every sandbox.
 * bubblewrap (0.8.0) means to cover some of them and takes `sys` for read-only.
 */
const OF_THE_KERNEL = [
  'acpi',
  'asound',
  'bus',
  'driver',
  'dynamic_debug',
  'fs',
  'irq',
  'latency_stats',
  'mtrr',
  'pressure',
  'scsi',
  'slabinfo',
  'sys',
  'sysrq-trigger',
  'tty',
]

const SOCKET = '/run/egress.sock'

/** How to start the same process inside. Its environment is what `asked` says, but for folders that are not there. */
export function confine<Asked extends Omit<SpawnOptions, 'signal'>>(
  asked: Asked,
  tools: SandboxTools,
  { workspace, isWritable, home, readable, private: others, secret, bounds, wayOut }: Confinement,
): Asked {
  const config = asked.env['CLAUDE_CONFIG_DIR']
  const isRoot = process.getuid?.() === 0
  const args = [
    '--die-with-parent',
    '--new-session',
    '--unshare-user-try',
    '--unshare-ipc',
    '--unshare-pid',
    '--unshare-uts',
    '--unshare-cgroup-try',
    // A server that runs as root: its commands can still use its files, and nothing else of what root may.
    '--cap-drop',
    'ALL',
    ...(isRoot ? ['--cap-add', 'CAP_DAC_OVERRIDE'] : []),
    ...(wayOut === undefined ? [] : ['--unshare-net']),
    '--proc',
    '/proc',
    // Others could not change them anyway, and with parts of /proc covered nobody can have a sandbox in this one.
    ...(isRoot ? OF_THE_KERNEL.map((name) => `/proc/${name}`).flatMap(readOnly) : []),
    '--dev',
    '/dev',
    ...['/dev/shm', '/tmp', '/run'].flatMap((path) => [...inMemory(tools, MOST_IN_MEMORY), path]),
    ...SYSTEM.flatMap(readOnly),
    ...cover(SYSTEM, others, inMemory(tools, ALMOST_NONE)),
    ...ETC.map((name) => `/etc/${name}`).flatMap(readOnly),
    ...readable.flatMap(readOnly),
    ...cover([...SYSTEM, ...readable], secret, inMemory(tools, ALMOST_NONE)),
    ...readOnly(asked.command),
    '--bind',
    home,
    home,
    // A session that is gone on with is brought in a folder of its own.
    ...(config === undefined || config.startsWith(`${home}/`) ? [] : ['--bind', config, config]),
    ...(isWritable ? ['--bind', workspace, workspace] : ['--ro-bind', workspace, workspace]),
    ...(wayOut === undefined ? [] : ['--bind', wayOut.socket, SOCKET]),
    // They are in memory too, and have no bound.
    '--remount-ro',
    '/dev',
    '--remount-ro',
    '/',
    '--chdir',
    workspace,
    '--',
    ...begin(tools, bounds, wayOut?.port),
    asked.command,
    ...asked.args,
  ]
  const env = { ...asked.env, TMPDIR: '/tmp', CLAUDE_CODE_TMPDIR: '/tmp', PATH: pathWith(dirname(tools.socat)) }
  return { ...asked, command: tools.bwrap, args, env }
}

function readOnly(path: string): string[] {
  return ['--ro-bind-try', path, path]
}

function pathWith(folder: string): string {
  const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']
  return [...new Set([...folders, folder])].join(':')
}

/** In bytes, of each of the folders that are not on a disk: it counts as memory. */
const MOST_IN_MEMORY = 512 * 1024 * 1024
/** Room for the folders in which something else is shown. */
const ALMOST_NONE = 1_000_000

function inMemory({ hasSizes }: SandboxTools, bytes: number): string[] {
  return [...(hasSizes ? ['--size', String(bytes)] : []), '--tmpfs']
}

/** For want of memory the system ends first what is in a sandbox. */
const EXPENDABLE = 500

/**
 * What the program and all that it starts are held to, and, inside, the model's address leads to the socket. Shells call the bound
 * of processes by different names, and count in blocks of 512 bytes.
 */
function begin({ socat }: SandboxTools, { processes, fileBytes }: SandboxBounds, port: number | undefined): string[] {
  const listen = `"$0" TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr UNIX-CONNECT:${SOCKET} &`
  const script = [
    'ulimit -c 0',
    `ulimit -u ${processes} 2> /dev/null || ulimit -p ${processes} 2> /dev/null`,
    `ulimit -f ${Math.ceil(fileBytes / 512)}`,
    `echo ${EXPENDABLE} > /proc/self/oom_score_adj`,
    ...(port === undefined ? [] : [listen]),
    'exec "$@"',
  ]
  return ['/bin/sh', '-c', script.join('\n'), socat]
}
