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

/**
 * What the operator should know of a server that calls itself local and may not be: with a proxy before it, which these
 * settings are for, everybody whom the proxy lets in may call it.
 * @param hasKeys whether there are stored keys
 */
export function exposureWarning(
  { API_KEY, ALLOWED_HOSTS, TRUSTED_PROXIES }: Pick<Config, 'API_KEY' | 'ALLOWED_HOSTS' | 'TRUSTED_PROXIES'>,
  hasKeys: boolean,
): string | undefined {
  if (API_KEY !== undefined || hasKeys) return undefined
  const name = TRUSTED_PROXIES.length > 0 ? 'TRUSTED_PROXIES' : ALLOWED_HOSTS.length > 0 ? 'ALLOWED_HOSTS' : undefined
  return name && `${name} is set and callers need no key: whoever a proxy on this machine lets in can use your login`
}
