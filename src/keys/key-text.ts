/**
 * What a key looks like: `sk-dragoman-`, 32 random bytes, and a code by which a server with the same pepper sees that it
 * made the key, all in letters and digits. So a guessed key is refused without a look into the database.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const START = 'sk-dragoman-'
const SECRET_LENGTH = 43
const CODE_LENGTH = 11
const FORM = new RegExp(`^${START}([0-9A-Za-z]{${SECRET_LENGTH}})([0-9A-Za-z]{${CODE_LENGTH}})$`)
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

export function newKey(pepper: Buffer): string {
  const secret = toDigits(randomBytes(32), SECRET_LENGTH)
  return `${START}${secret}${codeOf(secret, pepper)}`
}

/** Whether it was made with this pepper. Takes the same time for every key that was not. */
export function isGenuine(key: string, pepper: Buffer): boolean {
  const [, secret = '', code = ''] = FORM.exec(key) ?? []
  const expected = Buffer.from(codeOf(secret, pepper))
  const given = Buffer.from(code.padEnd(CODE_LENGTH, '-'))
  return timingSafeEqual(given, expected)
}

/** What is kept of a key, in hex. */
export function hashOf(key: string, pepper: Buffer): string {
  return createHmac('sha256', pepper).update(`key:${key}`).digest('hex')
}

/** What people tell a key by. */
export const prefixOf = (key: string): string => key.slice(0, START.length + 6)

/** Tells peppers apart without telling them. */
export function pepperIdOf(pepper: Buffer): string {
  return createHmac('sha256', pepper).update('pepper').digest('hex').slice(0, 12)
}

export const newKeyId = (): string => toDigits(randomBytes(9), 13)

function codeOf(secret: string, pepper: Buffer): string {
  const code = createHmac('sha256', pepper).update(`code:${secret}`).digest().subarray(0, 8)
  return toDigits(code, CODE_LENGTH)
}

function toDigits(bytes: Buffer, length: number): string {
  let rest = BigInt(`0x${bytes.toString('hex')}`)
  let digits = ''
  for (; rest > 0n; rest /= 62n) digits = (DIGITS[Number(rest % 62n)] ?? '') + digits
  return digits.padStart(length, '0')
}
