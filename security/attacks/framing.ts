/** Bytes that two readers could cut into requests differently: a proxy before the server must not be led astray. */
import { type Attack, hold, tryEach } from './attack.ts'
import type { Target } from './target.ts'

/** Its answer would show that bytes of a body were taken for a request. */
const HIDDEN = 'GET /smuggled HTTP/1.1\r\nhost: localhost\r\n\r\n'

const chunk = (size: string, data: string): string => `${size}\r\n${data}\r\n`

/** Headers that say where the body ends, and a body. In none of them is a second request. */
const AMBIGUOUS: readonly (readonly [name: string, headers: readonly string[], body: string])[] = [
  ['a length and chunks', ['content-length: 6', 'transfer-encoding: chunked'], `0\r\n\r\n${HIDDEN}`],
  ['chunks and a length', ['transfer-encoding: chunked', 'content-length: 4'], `0\r\n\r\n${HIDDEN}`],
  ['two lengths', ['content-length: 0', 'content-length: 44'], HIDDEN],
  ['two equal lengths', ['content-length: 2', 'content-length: 2'], `{}${HIDDEN}`],
  ['a list of lengths', ['content-length: 0, 44'], HIDDEN],
  ['a length with a sign', ['content-length: +2'], `{}${HIDDEN}`],
  ['a negative length', ['content-length: -1'], HIDDEN],
  ['a length in hexadecimal', ['content-length: 0x2'], `{}${HIDDEN}`],
  ['a length with a letter', ['content-length: 2a'], `{}${HIDDEN}`],
  ['a length with a point', ['content-length: 2.0'], `{}${HIDDEN}`],
  ['a length beyond all', [`content-length: ${'9'.repeat(30)}`], HIDDEN],
  ['an empty length', ['content-length:'], HIDDEN],
  ['a space before the colon', ['transfer-encoding : chunked'], `0\r\n\r\n${HIDDEN}`],
  ['a folded coding', ['transfer-encoding:', ' chunked'], `0\r\n\r\n${HIDDEN}`],
  ['a folded header', ['x-a: b', ' transfer-encoding: chunked', 'content-length: 5'], `0\r\n\r\n${HIDDEN}`],
  ['a coding in quotes', ['transfer-encoding: "chunked"'], `0\r\n\r\n${HIDDEN}`],
  ['an unknown coding', ['transfer-encoding: xchunked'], `0\r\n\r\n${HIDDEN}`],
  ['a coding after chunks', ['transfer-encoding: chunked, identity'], `0\r\n\r\n${HIDDEN}`],
  ['a coding before chunks', ['transfer-encoding: identity, chunked'], `0\r\n\r\n${HIDDEN}`],
  ['two codings', ['transfer-encoding: chunked', 'transfer-encoding: x'], `0\r\n\r\n${HIDDEN}`],
  ['chunks twice', ['transfer-encoding: chunked', 'transfer-encoding: chunked'], `0\r\n\r\n${HIDDEN}`],
  ['a bare line feed', ['x-a: b\ntransfer-encoding: chunked'], `0\r\n\r\n${HIDDEN}`],
  ['a bare carriage return', ['x-a: b\rtransfer-encoding: chunked'], `0\r\n\r\n${HIDDEN}`],
  ['a NUL in a header', ['x-a: b\0c'], HIDDEN],
  ['a header without a colon', ['transfer-encoding chunked'], HIDDEN],
  ['a header without a name', [': chunked'], HIDDEN],
  ['a chunk with a sign', ['transfer-encoding: chunked'], `${chunk('+2', '{}')}0\r\n\r\n${HIDDEN}`],
  ['a chunk in hexadecimal with 0x', ['transfer-encoding: chunked'], `${chunk('0x2', '{}')}0\r\n\r\n${HIDDEN}`],
  ['a chunk of an endless size', ['transfer-encoding: chunked'], `${chunk('f'.repeat(17), '{}')}0\r\n\r\n${HIDDEN}`],
  ['a chunk that is longer than it says', ['transfer-encoding: chunked'], `2\r\n{}xx\r\n0\r\n\r\n${HIDDEN}`],
  ['a chunk that ends in a line feed', ['transfer-encoding: chunked'], `2\n{}\n0\n\n${HIDDEN}`],
  ['a line feed in what a chunk adds', ['transfer-encoding: chunked'], `2;a\nb\r\n{}\r\n0\r\n\r\n${HIDDEN}`],
  ['a chunk without a size', ['transfer-encoding: chunked'], `\r\n{}\r\n0\r\n\r\n${HIDDEN}`],
  ['a trailer that is a host', ['transfer-encoding: chunked'], `0\r\nhost: evil.example\r\ncontent-length: 44\r\n\r\n`],
  ['a request as the body', [`content-length: ${HIDDEN.length}`], HIDDEN],
]

const ambiguous: Attack = {
  name: 'bodies whose end two readers see in different places (request smuggling)',
  promise: 'G3',
  run: (target) =>
    tryEach(bodied(target).entries(), async ([at, path]) =>
      tryEach(target.some(AMBIGUOUS, at), async ([name, headers, body]) => {
        const head = [...headOf(target, 'POST', path), ...headers]
        const answer = await target.send(`${head.join('\r\n')}\r\n\r\n${body}`, { quietMs: 250, timeoutMs: 3000 })
        hold(!answer.text.includes('/smuggled'), `${path}, ${name}: bytes of a body were answered as a request`)
        hold(!(answer.status >= 200 && answer.status < 300), `${path}, ${name}: it answers ${answer.status}`)
      }),
    ),
}

/** Requests that are none. Each is sent with a good one behind it, which must not be answered after a bad one. */
const MALFORMED: readonly (readonly [name: string, bytes: string])[] = [
  ['HTTP/0.9', 'GET /health\r\n'],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['HTTP/9.9', 'GET /health HTTP/9.9\r\nhost: localhost\r\n\r\n'],
  ['a small protocol name', 'GET /health http/1.1\r\nhost: localhost\r\n\r\n'],
  ['a space in the path', 'GET /health /x HTTP/1.1\r\nhost: localhost\r\n\r\n'],
  ['a line feed in the path', 'GET /he\nalth HTTP/1.1\r\nhost: localhost\r\n\r\n'],
  ['a tab in the request line', 'GET\t/health\tHTTP/1.1\r\nhost: localhost\r\n\r\n'],
  ['a NUL in the path', 'GET /health\0 HTTP/1.1\r\nhost: localhost\r\n\r\n'],
  ['a byte that is no ASCII in the path', 'GET /hé HTTP/1.1\r\nhost: localhost\r\n\r\n'],
  ['a space before the first header', 'GET /health HTTP/1.1\r\n host: localhost\r\n\r\n'],
  ['a method with a colon', 'GET: /health HTTP/1.1\r\nhost: localhost\r\n\r\n'],
  ['a TLS greeting', '\u0016\u0003\u0001\u0002\0\u0001\0\u0001\r\n\r\n'],
  ['nothing but line breaks', '\r\n'.repeat(50)],
  ['an answer', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'],
]

const malformed: Attack = {
  name: 'requests that are none, with one behind them that is',
  promise: 'G3',
  run: (target) =>
    tryEach(MALFORMED, async ([name, bytes]) => {
      const answer = await target.send(bytes + HIDDEN, { quietMs: 250, timeoutMs: 3000 })
      const isRead = name.startsWith('nothing') && answer.count === 1
      hold(isRead || !answer.text.includes('/smuggled'), `${name}: what stands behind it was answered`)
      hold(!(answer.status >= 200 && answer.status < 300), `${name}: it answers ${answer.status}`)
    }),
}

const flood: Attack = {
  name: 'a flood of requests on one connection, of which no answer is read',
  promise: 'G10',
  run: async (target) => {
    const request = `${headOf(target, 'GET', '/v1/models').join('\r\n')}\r\n\r\n`
    const { count } = await target.send(request.repeat(2000), { quietMs: 500, timeoutMs: 8000 })
    hold(count < 2000, `${count} of 2000 requests were answered at once on one connection`)
  },
}

function headOf({ key }: Target, method: string, path: string): string[] {
  const authorization = key === '' ? [] : [`authorization: Bearer ${key}`]
  return [`${method} ${path} HTTP/1.1`, 'host: localhost', ...authorization, 'content-type: application/json']
}

function bodied({ routes }: Target): string[] {
  return routes.filter(({ body }) => body !== undefined).map(({ path }) => path)
}

export const FRAMING: readonly Attack[] = [ambiguous, malformed, flood]
