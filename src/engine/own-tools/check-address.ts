import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import type { JsonValue } from '../../turn/json.ts'

/** Addresses of this machine, of its own network, and of no one. */
const INNER = createInner()

/** Why a page may not be fetched: only the public web may, never what this machine alone can reach. */
export async function checkAddress(given: JsonValue | undefined): Promise<string | undefined> {
  const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) return 'Only http and https addresses can be fetched.'
  if (url.username !== '' || url.password !== '') return 'An address with a password cannot be fetched.'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const addresses = isIP(host) > 0 ? [host] : await addressesOf(host)
  if (addresses.length === 0) return 'The host is not known.'
  return addresses.some(isInner) ? 'Only hosts of the public web can be fetched.' : undefined
}

async function addressesOf(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true }).catch(() => [])
  return found.map(({ address }) => address)
}

function isInner(address: string): boolean {
  // An IPv4 address in the form of an IPv6 one is taken for what it is.
  return INNER.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

function createInner(): BlockList {
  const inner = new BlockList()
  const v4: readonly (readonly [string, number])[] = [
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
    ['224.0.0.0', 3],
  ]
  const v6: readonly (readonly [string, number])[] = [
    ['::', 96],
    // Those that stand for IPv4 addresses: NAT64, Teredo, 6to4.
    ['64:ff9b::', 96],
    ['64:ff9b:1::', 48],
    ['2001::', 32],
    ['2002::', 16],
    ['100::', 64],
    ['fc00::', 7],
    ['fe80::', 10],
    ['fec0::', 10],
    ['ff00::', 8],
  ]
  for (const [net, prefix] of v4) inner.addSubnet(net, prefix, 'ipv4')
  for (const [net, prefix] of v6) inner.addSubnet(net, prefix, 'ipv6')
  return inner
}
