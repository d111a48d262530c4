import { expect, test } from 'vitest'
import { checkAddress } from '../../../src/engine/own-tools/check-address.ts'

test.each(['8.8.8.8', '192.88.99.1', '172.32.0.1', '[2606:4700::1111]', '[::ffff:8.8.8.8]'])(
  'a page of the public web at %s can be fetched',
  async (host) => {
    expect(await checkAddress(`https://${host}/page`)).toBeUndefined()
  },
)

test.each([
  '127.0.0.1',
  '127.1',
  '0x7f.1',
  '2130706433',
  '017700000001',
  '0',
  '10.0.0.1',
  '100.64.0.1',
  '169.254.169.254',
  '172.16.0.1',
  '192.168.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '１２７.0.0.1',
  '127。0。0。1',
  'localhost',
  '[::]',
  '[::1]',
  '[::127.0.0.1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:a9fe:a9fe]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b:1::7f00:1]',
  '[2001:0:7f00:1::]',
  '[2002:7f00:1::]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[fe80::1]',
  '[fec0::1]',
  '[ff02::1]',
])('what this machine alone may reach cannot: %s', async (host) => {
  expect(await checkAddress(`https://${host}/`)).toBe('Only hosts of the public web can be fetched.')
})

test.each(['ftp://8.8.8.8/', 'file:///etc/passwd', 'https://a:b@8.8.8.8/', 'https://no-such-host.invalid/', '', 7])(
  'nor %j',
  async (address) => {
    expect(await checkAddress(address)).toEqual(expect.any(String))
  },
)
