/** The MCP servers of the settings: `MCP_CONFIG`, a file as other programs have it, and `MCP_SERVERS`, which wins. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { type Config, ConfigError, type Environment } from '../config.ts'
import type { McpServer } from '../turn/own-tools.ts'
import { mcpServerFormSchema } from '../wire/mcp.ts'
import { readServer, ServerFormError } from './read-server.ts'

const fileSchema = z.object({ mcpServers: z.record(z.string(), z.unknown()) })

/** `${NAME}`, or `${NAME:-what else}`. */
const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g

/** @throws ConfigError that names every server that is wrong, without its values */
export function readConfiguredServers(
  config: Pick<Config, 'MCP_SERVERS' | 'MCP_CONFIG' | 'environment'>,
): ReadonlyMap<string, McpServer> {
  const given = { ...readFile(config.MCP_CONFIG), ...config.MCP_SERVERS }
  const servers = new Map<string, McpServer>()
  const problems: string[] = []
  for (const [name, form] of Object.entries(given)) {
    try {
      servers.set(name, readOne(name, form, config.environment))
    } catch (error) {
      if (!(error instanceof ServerFormError)) throw error
      problems.push(`${JSON.stringify(name)}: ${error.param}: ${error.message}`)
    }
  }
  if (problems.length > 0) throw new ConfigError(`MCP servers that cannot be used:\n  ${problems.join('\n  ')}`)
  return servers
}

function readFile(path: string | undefined): Readonly<Record<string, unknown>> {
  if (path === undefined) return {}
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    throw new ConfigError(`MCP_CONFIG=${path} cannot be read (${String(code)})`, { cause: error })
  }
  const parsed = fileSchema.safeParse(parseJson(text))
  if (!parsed.success)
    throw new ConfigError(`MCP_CONFIG=${path}: expected JSON with "mcpServers", an object of servers`)
  return parsed.data.mcpServers
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function readOne(name: string, given: unknown, environment: Environment): McpServer {
  const parsed = mcpServerFormSchema.safeParse(given)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const field = issue?.path[0]
    throw new ServerFormError(
      field === undefined ? 'the server' : String(field),
      'has the wrong type or an unknown value',
    )
  }
  const put = (field: string) => (text: string) => expand(text, environment, field)
  const { command, args, env, url, headers, ...rest } = parsed.data
  return readServer(name, {
    ...rest,
    ...(command !== undefined && { command: put('command')(command) }),
    ...(args !== undefined && { args: args.map(put('args')) }),
    ...(env !== undefined && { env: mapValues(env, put('env')) }),
    ...(url !== undefined && { url: put('url')(url) }),
    ...(headers !== undefined && { headers: mapValues(headers, put('headers')) }),
  })
}

function mapValues(texts: Readonly<Record<string, string>>, change: (text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, change(text)]))
}

/** @throws ServerFormError that names a variable which the operator's environment lacks */
function expand(text: string, environment: Environment, field: string): string {
  if (text.replace(REFERENCE, '').includes('${')) throw new ServerFormError(field, 'holds "${" that begins no variable')
  return text.replace(REFERENCE, (_, name: string, otherwise: string | undefined) => {
    const value = environment[name]
    if (value !== undefined && (value !== '' || otherwise === undefined)) return value
    if (otherwise !== undefined) return otherwise
    throw new ServerFormError(field, `the variable ${name} is not set`)
  })
}
