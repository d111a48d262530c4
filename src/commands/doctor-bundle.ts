/** `dragoman doctor --bundle`: what somebody who helps from afar has to know, in one file without a secret. */
import { open } from 'node:fs/promises'
import { availableParallelism, freemem, loadavg, release, totalmem, uptime } from 'node:os'
import { type Config, secretSettings, SETTINGS } from '../config.ts'
import { createRedaction, secretsIn } from '../redaction.ts'
import { packageInfo } from './package-info.ts'
import type { Finding } from './report.ts'

export interface BundleParts {
  readonly config: Config
  readonly findings: readonly Finding[]
  /** Where the server would be. */
  readonly url: string
}

/** How long a server that runs may take to tell how it is. */
const SERVER_MS = 3000

/** Writes the file, for its owner alone, whoever could read the one that was there. */
export async function writeBundle(path: string, parts: BundleParts): Promise<void> {
  const { config, findings, url } = parts
  const redact = createRedaction(secretsIn({ ...config.environment, ...secretSettings(config) }))
  const bundle = {
    made: new Date().toISOString(),
    dragoman: packageInfo().version,
    machine: {
      node: process.version,
      system: `${process.platform} ${process.arch} ${release()}`,
      cores: availableParallelism(),
      memoryMb: Math.round(totalmem() / 1e6),
      freeMb: Math.round(freemem() / 1e6),
      load: loadavg(),
      upSeconds: Math.round(uptime()),
    },
    findings,
    settings: settingsOf(config),
    // Their values are nobody's business; that they are there explains a lot.
    environment: Object.keys(config.environment).toSorted(),
    server: await askServer(url, config),
  }
  const file = await open(path, 'w', 0o600)
  try {
    // It may be /dev/stdout.
    if ((await file.stat()).isFile()) await file.chmod(0o600)
    await file.writeFile(`${redact(JSON.stringify(bundle, undefined, 2))}\n`)
  } finally {
    await file.close()
  }
}

/** Those that differ from their defaults. */
function settingsOf(config: Config): Record<string, unknown> {
  const known = Object.entries<{ readonly default: unknown; readonly secret?: boolean }>(SETTINGS)
  const values = new Map(Object.entries(config))
  const changed = known.filter(
    ([name, { default: usual }]) => JSON.stringify(values.get(name)) !== JSON.stringify(usual),
  )
  return Object.fromEntries(changed.map(([name, { secret }]) => [name, secret === true ? '(set)' : values.get(name)]))
}

/** What a server that runs says of itself; else why it does not. */
async function askServer(url: string, { API_KEY: key }: Config): Promise<unknown> {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` }
  const ask = async (path: string): Promise<unknown> => {
    try {
      const response = await fetch(`${url}${path}`, { headers, signal: AbortSignal.timeout(SERVER_MS) })
      const text = await response.text()
      return { status: response.status, body: text.slice(0, 100_000) }
    } catch (error) {
      return { unreachable: error instanceof Error ? error.message : String(error) }
    }
  }
  const [health, ready, metrics] = await Promise.all(['/health', '/ready', '/metrics'].map(ask))
  return { url, health, ready, metrics }
}
