/** Raw bytes to the listening server: each connection is answered or closed, and the next one is served. */
import { connect } from 'node:net'
import type { Listening } from '../../src/http/listen.ts'
import { createTestApp, rawRequest, serve } from '../support/app.ts'
import { says } from '../support/fake-engine.ts'
import type { Target } from './fuzzer.ts'

const FINE = rawRequest('GET /version', '', ['connection: close'])

export function createHttpTarget(): Target {
  let server: Promise<Listening> | undefined
  return {
    name: 'http',
    async run(input) {
      server ??= serve(createTestApp({ script: says('Hello') }))
      const { port } = await server
      const answer = await exchange(port, input)
      const statuses = [...answer.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status = '']) => status)
      if (answer !== '' && !answer.startsWith('HTTP/1.1 '))
        throw new Error(`no answer in HTTP: ${answer.slice(0, 100)}`)
      if (statuses.includes('500')) throw new Error(`it failed inside: ${answer.slice(0, 500)}`)
      const next = await exchange(port, Buffer.from(FINE))
      if (!next.startsWith('HTTP/1.1 200 ')) throw new Error(`the next request was not served: ${next.slice(0, 100)}`)
      return `${statuses.join(' ')} ${/"code":"(\w+)"/.exec(answer)?.[1] ?? ''}`
    },
    async close() {
      const listening = await server
      listening?.cut()
      await listening?.close()
    },
  }
}

/** All that comes until the server closes the connection. */
function exchange(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port })
    let all = ''
    const late = setTimeout(() => {
      socket.destroy()
      reject(new Error('the connection stays open'))
    }, 5000)
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => (all += text))
    // It is cut while we still write.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(late)
      resolve(all)
    })
    socket.end(bytes)
  })
}
