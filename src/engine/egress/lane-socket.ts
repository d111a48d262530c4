/**
 * A way out as a socket file, for one process that has no network. What runs beside that process can ask here too: so it reaches
 * nobody else's way out, and cannot keep us busy with connections.
 */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface LaneSocket {
  readonly path: string
  close(): Promise<void>
}

/** A process has a few. */
const MOST_CONNECTIONS = 32
/** Connections and requests: more than a turn has calls, tried again. Then nothing is heard any more. */
const MOST_KNOCKS = 10_000

/** @param folder is ours */
export async function openLaneSocket(folder: string, name: string, serve: RequestListener): Promise<LaneSocket> {
  const path = await socketPathIn(folder, name)
  let knocks = 0
  const server = createServer({ keepAliveTimeout: 60_000 }, serve)
  server.maxConnections = MOST_CONNECTIONS
  const shut = (): void => {
    server.close()
    server.closeAllConnections()
  }
  const knock = (): void => {
    knocks += 1
    if (knocks === MOST_KNOCKS) shut()
  }
  for (const event of ['connection', 'drop', 'request']) server.on(event, knock)
  server.listen(path).unref()
  await once(server, 'listening')
  return {
    path,
    close: async () => {
      shut()
      // The folder that was made for it goes too.
      if (dirname(path) !== folder) await rm(dirname(path), { recursive: true, force: true })
    },
  }
}

/** Socket files have names of some 100 bytes at most, and folders of data can be anywhere. */
const LONGEST_SOCKET_PATH = 100

async function socketPathIn(folder: string, name: string): Promise<string> {
  const path = join(folder, `${name}.sock`)
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return path
  return join(await mkdtemp(join(tmpdir(), 'dragoman-')), `${name}.sock`)
}
