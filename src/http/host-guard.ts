/**
 * DNS rebinding: a web page makes its own name resolve to this machine and then counts as same-origin here. The browser
 * still sends the page's name in `Host`, so only names that are known to mean this server are served.
 */
import { isIPv4, isIPv6 } from 'node:net'
import { ApiError } from '../errors.ts'

const HOST = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?)\.?)(?::\d{1,5})?$/i

const NO_HOST = 'The request needs one header Host, with a name or an address.'

/** The host's name or address in lower case, without brackets, port and trailing dot; undefined when it is none. */
function nameOf(host: string): string | undefined {
  const match = HOST.exec(host)
  if (match === null) return undefined
  if (match[2] !== undefined) return match[2].toLowerCase()
  return match[1] !== undefined && isIPv6(match[1]) ? shortIPv6(match[1]) : undefined
}

/** One spelling for each IPv6 address. */
function shortIPv6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1)
}

/**
 * @param bound the address the server listens on
 * @param allowed further names that mean this server
 * @returns a check of the `Host` header that throws `forbidden_host`, or `bad_request` where there is not one and a valid one (RFC 9112, 3.2)
 */
export function createHostGuard(bound: string, allowed: readonly string[]): (host: string | null) => void {
  const isWildcard = bound === '0.0.0.0' || bound === '::'
  const own = isIPv6(bound) ? shortIPv6(bound) : bound.toLowerCase()
  const names = new Set(['localhost', '::1', own, ...allowed.map((entry) => nameOf(entry) ?? entry.toLowerCase())])

  return (host) => {
    const name = nameOf(host ?? '')
    if (name === undefined) throw new ApiError('bad_request', { message: NO_HOST })
    if (names.has(name)) return
    if (isIPv4(name) && (isWildcard || name.startsWith('127.'))) return
    // Rebinding needs a name: on a server that is meant for the network, an address is what it says.
    if (isIPv6(name) && isWildcard) return
    throw new ApiError('forbidden_host')
  }
}
