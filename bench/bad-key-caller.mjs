/**
 * Sends requests with keys that nobody made, over a few connections that stay open, for so many seconds, and prints how many
 * were refused and how fast. A process of its own, so that whoever times streams meanwhile is not held up.
 *
 *   node bad-key-caller.mjs PORT CONNECTIONS SECONDS
 */
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'

const [port, connections, seconds] = process.argv.slice(2).map(Number)
const body = '{"model":"sonnet","messages":[{"role":"user","content":"Hi"}]}'
const end = performance.now() + seconds * 1000
const times = []
let other = 0

/** In the form of a key, as a guesser would have it: a wrong one that is none costs less to refuse. */
const anyKey = () => `sk-dragoman-${randomBytes(41).toString('base64url').replaceAll(/[-_]/g, 'x').slice(0, 54)}`

function request() {
  const head = ['POST /v1/chat/completions HTTP/1.1', 'host: 127.0.0.1', 'content-type: application/json']
  return [...head, `authorization: Bearer ${anyKey()}`, `content-length: ${body.length}`, '', body].join('\r\n')
}

async function lane() {
  while (performance.now() < end) await connection()
}

/** Until the time is over or the server closes it. */
function connection() {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    let text = ''
    let began = 0
    const next = () => {
      began = performance.now()
      if (began >= end) socket.end()
      else socket.write(request())
    }
    socket.setEncoding('latin1')
    socket.on('connect', next)
    socket.on('data', (piece) => {
      text += piece
      const length = /content-length: (\d+)/i.exec(text)?.[1]
      const at = text.indexOf('\r\n\r\n')
      if (at === -1 || length === undefined || text.length < at + 4 + Number(length)) return
      if (text.startsWith('HTTP/1.1 401 ')) times.push(performance.now() - began)
      else other += 1
      text = ''
      next()
    })
    socket.on('error', () => undefined)
    socket.on('close', resolve)
  })
}

await Promise.all(Array.from({ length: connections }, lane))
times.sort((left, right) => left - right)
const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN
console.log(JSON.stringify({ refused: times.length, other, p50: at(0.5), p99: at(0.99) }))
