import type { IncomingMessage } from 'node:http'
import proxyaddr from 'proxy-addr'

/** Where a request comes from. */
export type ClientAddress = (request: IncomingMessage) => string

/**
 * Believes `X-Forwarded-For` of listed proxies alone, from the right: the first address that is no such proxy's is the caller's.
 * @param trustedProxies addresses, ranges such as `10.0.0.0/8`, and `loopback`, `linklocal`, `uniquelocal`
 * @throws TypeError for what is none of these
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const isTrusted = proxyaddr.compile([...trustedProxies])
  // A connection that is gone has no address any more.
  return (request) => (request.socket.remoteAddress === undefined ? '' : proxyaddr(request, isTrusted))
}
