import type { Config } from '../config.ts'

/** Where a server of these settings can be reached from this machine. */
export function serverUrl({ HOST: host, PORT: port }: Pick<Config, 'HOST' | 'PORT'>): string {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}
