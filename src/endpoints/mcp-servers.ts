import { jsonReply, type DocumentReply } from '../http/reply.ts'
import type { KnownServer } from '../mcp/mcp-servers.ts'
import type { Redact } from '../redaction.ts'
import {
  addMcpServerSchema,
  mcpServerDeletedSchema,
  mcpServerListSchema,
  mcpServerSchema,
  type WireMcpServer,
  type WireMcpServerDeleted,
  type WireMcpServerList,
} from '../wire/mcp.ts'
import { parseBody } from '../wire/parse.ts'
import type { ServiceEndpoint } from './services.ts'

const params = { name: 'The name of the server.' }
const json = 'application/json'

export const mcpServers: ServiceEndpoint = {
  operation: {
    summary: 'List the MCP servers that the caller may use',
    description:
      'With their tools. A server that was not asked within the last minute is asked now. How a server is reached is told ' +
      'to keys with the scope `admin` alone, and values of its environment and headers to nobody.',
    successes: [{ contentType: json, description: 'The servers, by name.', schema: mcpServerListSchema }],
    errors: ['store_unavailable'],
  },
  create:
    ({ mcp, redact }) =>
    async ({ grant }) => {
      const servers = await mcp.list(grant)
      const isAdmin = grant.scopes.includes('admin')
      const answer: WireMcpServerList = { object: 'list', data: servers.map((known) => toWire(known, isAdmin)) }
      return redacted(answer, redact)
    },
}

export const addMcpServer: ServiceEndpoint = {
  operation: {
    summary: 'Add an MCP server',
    description:
      'Requests that begin afterwards can use it, at every instance. A program of this machine (`stdio`) can be added only ' +
      'where the setting `MCP_STDIO_OVER_HTTP` says so. It is not asked whether it works: test it.',
    body: addMcpServerSchema,
    bodyExample: {
      name: 'tickets',
      type: 'http',
      url: 'https://tickets.example/mcp',
      headers: { authorization: 'Bearer …' },
    },
    successes: [{ contentType: json, description: 'The server.', schema: mcpServerSchema }],
    errors: ['invalid_value', 'mcp_stdio_not_allowed', 'mcp_server_exists', 'store_unavailable'],
  },
  create:
    ({ mcp, redact }) =>
    async ({ body, log, principal }) => {
      const { name, ...form } = parseBody(addMcpServerSchema, body)
      const added = await mcp.add(name, form)
      log.info({ server: name, type: added.server.transport.type, principal: principal.id }, 'an MCP server was added')
      return redacted(toWire(added, true), redact)
    },
}

export const removeMcpServer: ServiceEndpoint = {
  operation: {
    summary: 'Remove an MCP server that was added',
    description: 'Requests that run go on with it. One of the settings can be removed there alone.',
    params,
    successes: [{ contentType: json, description: 'It is gone.', schema: mcpServerDeletedSchema }],
    errors: ['not_found', 'mcp_server_configured', 'store_unavailable'],
  },
  create:
    ({ mcp }) =>
    async ({ params: { name = '' }, log, principal }) => {
      await mcp.remove(name)
      log.info({ server: name, principal: principal.id }, 'an MCP server was removed')
      const answer: WireMcpServerDeleted = { name, object: 'mcp.server.deleted', deleted: true }
      return jsonReply(answer)
    },
}

export const testMcpServer: ServiceEndpoint = {
  operation: {
    summary: 'Ask an MCP server for its tools',
    description: 'Connects to it, or starts it, whatever is known of it. Takes up to 10 s.',
    params,
    successes: [{ contentType: json, description: 'What came of it.', schema: mcpServerSchema }],
    errors: ['not_found', 'store_unavailable'],
  },
  create:
    ({ mcp, redact }) =>
    async ({ params: { name = '' } }) =>
      redacted(toWire(await mcp.test(name), true), redact),
}

/** Addresses and arguments can hold secrets of the operator's too. */
function redacted(answer: object, redact: Redact): DocumentReply {
  const reply = jsonReply(answer)
  return { ...reply, body: redact(reply.body) }
}

function toWire({ server, isConfigured, state }: KnownServer, isAdmin: boolean): WireMcpServer {
  return {
    name: server.name,
    object: 'mcp.server',
    type: server.transport.type,
    source: isConfigured ? 'settings' : 'added',
    status: state.status,
    error: state.status === 'failed' ? state.reason : null,
    checked_at: state.status === 'unknown' ? null : Math.floor(state.at / 1000),
    tools: state.status === 'connected' ? state.tools.map(({ name, description }) => ({ name, description })) : null,
    ...(isAdmin && reachOf(server)),
  }
}

function reachOf({ transport }: KnownServer['server']): Partial<WireMcpServer> {
  switch (transport.type) {
    case 'stdio':
      return { command: transport.command, args: [...transport.args], env: Object.keys(transport.env) }
    case 'http':
      return { url: transport.url, headers: Object.keys(transport.headers) }
  }
}
