/** Programs that are MCP servers: a real one from npm, and small ones that do what a test needs. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createRequire } from 'node:module'
import { vi } from 'vitest'

const require = createRequire(import.meta.url)

/** Takes `stdio` or `streamableHttp`. */
export const EVERYTHING = require.resolve('@modelcontextprotocol/server-everything/dist/index.js')

export interface EverythingOverHttp {
  readonly url: string
  stop(): Promise<void>
}

export async function startEverything(): Promise<EverythingOverHttp> {
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const address = free.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  free.close()
  const env = { PATH: process.env['PATH'], PORT: String(port) }
  const child = spawn(process.execPath, [EVERYTHING, 'streamableHttp'], { env, stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}/mcp`
  const answers = (): Promise<boolean> =>
    fetch(url).then(
      () => true,
      () => false,
    )
  await vi.waitUntil(answers, { timeout: 10_000, interval: 50 })
  return {
    url,
    stop: async () => {
      const exited = once(child, 'exit')
      child.kill()
      await exited
    },
  }
}

/**
 * The source of a program that speaks just enough of the protocol.
 * @param tools an expression for the names of its tools
 * @param call what it does at a call of the tool `name`, which `answer(result)` answers
 */
export const serverScript = (tools: string, call = ''): string => `
  console.log('a banner, which is no message')
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params } = JSON.parse(line)
    const answer = (result) => console.log(JSON.stringify({ jsonrpc: '2.0', id, result }))
    const serverInfo = { name: 's', version: '1' }
    if (method === 'initialize') answer({ protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo })
    if (method === 'tools/list') answer({ tools: (${tools}).map((name) => ({ name, inputSchema: { type: 'object' } })) })
    if (method === 'tools/call') { const { name } = params; ${call} }
  })`
