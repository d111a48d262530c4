import { createServer } from 'node:net'
import { z } from 'zod'
import type { Config } from '../config.ts'
import { exposureProblem, exposureWarning, isLoopback } from './exposure.ts'
import type { Finding } from './report.ts'
import { serverUrl } from './server-url.ts'

type Addressed = Pick<Config, 'HOST' | 'API_KEY' | 'ALLOWED_HOSTS' | 'TRUSTED_PROXIES'>

/** Who can connect, and whether they need a key. */
export function checkAddress(config: Addressed, hasKeys: boolean): Finding {
  const problem = exposureProblem(config, hasKeys)
  if (problem !== undefined) {
    return {
      verdict: 'failure',
      topic: 'address',
      text: `${config.HOST} without a key will not start`,
      remedy: problem,
    }
  }
  const who = isLoopback(config.HOST) ? 'this machine only' : 'other machines too'
  const key = config.API_KEY === undefined && !hasKeys ? 'no key needed' : 'a key is needed'
  const text = `${config.HOST}: ${who}, ${key}`
  const warning = exposureWarning(config, hasKeys)
  if (warning === undefined) return { verdict: 'fine', topic: 'address', text }
  return { verdict: 'warning', topic: 'address', text: warning, remedy: 'dragoman keys create' }
}

/** Binds the port for a moment. */
export async function checkPort(config: Pick<Config, 'HOST' | 'PORT' | 'STRICT_PORT'>): Promise<Finding> {
  const topic = 'port'
  const code = await tryToBind(config.HOST, config.PORT)
  if (code === undefined)
    return { verdict: 'fine', topic, text: config.PORT === 0 ? 'any free one' : `${config.PORT} is free` }
  if (code !== 'EADDRINUSE') {
    return {
      verdict: 'failure',
      topic,
      text: `${config.HOST}:${config.PORT} cannot be used (${code})`,
      remedy: 'set HOST and PORT',
    }
  }
  if (await isDragoman(config)) return { verdict: 'note', topic, text: `${config.PORT}: a Dragoman runs there` }
  const text = `${config.PORT} is taken by another program`
  if (config.STRICT_PORT) return { verdict: 'failure', topic, text, remedy: 'free it, or set PORT' }
  return { verdict: 'warning', topic, text, remedy: 'the next free one will be used' }
}

const VERSION_MS = 1000
const Version = z.object({ name: z.literal('dragoman') })

/** What runs on the port of these settings says so to everybody. */
async function isDragoman(config: Pick<Config, 'HOST' | 'PORT'>): Promise<boolean> {
  try {
    const response = await fetch(`${serverUrl(config)}/version`, { signal: AbortSignal.timeout(VERSION_MS) })
    return Version.safeParse(await response.json()).success
  } catch {
    return false
  }
}

/** Undefined when it worked, else the system's error code. */
function tryToBind(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve('code' in error ? String(error.code) : error.message))
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
}
