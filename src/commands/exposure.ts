import { isIPv4 } from 'node:net'
import type { Config } from '../config.ts'

/** Whether only this machine can connect to the address. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^::ffff:/, '')
  return name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'))
}

/**
 * Why the server must not start like this: others could use the operator's login. Undefined when it may.
 * @param hasKeys whether there are stored keys
 */
export function exposureProblem(config: Pick<Config, 'HOST' | 'API_KEY'>, hasKeys: boolean): string | undefined {
  if (config.API_KEY !== undefined || hasKeys || isLoopback(config.HOST)) return undefined
  return `HOST=${config.HOST} lets other machines connect, so callers need a key: set API_KEY, run dragoman keys create, or leave HOST at 127.0.0.1`
}
