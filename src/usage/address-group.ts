import { isIPv6 } from 'node:net'

/** Whoever has one address of version 6 has all of its /64. */
const GROUPS = 4
/** No address is longer. */
const LONGEST = 45

/** Some proxies write the port behind the address, which is another one with each connection. */
const WITH_PORT = /^(?:(\d+\.\d+\.\d+\.\d+):\d+|\[([^\]]+)\](?::\d+)?)$/

/** The address, or the network that one of version 6 is in. */
export function addressGroup(given: string): string {
  const [, before4, before6] = WITH_PORT.exec(given) ?? []
  const address = before4 ?? before6 ?? given
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(address)) return address.slice(0, LONGEST)
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').toLowerCase().split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0')
  const all = [...before, ...(tail === undefined ? [] : zeros), ...after]
  return all
    .slice(0, GROUPS)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')
}
