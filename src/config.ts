/**
 * Every setting, once: environment name, type, default and the line that documents it. The command line's flags
 * (`--max-timeout` for `MAX_TIMEOUT`), the README's table and the validation all come from here.
 * No other file reads the environment.
 */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { LIVE_SETTINGS } from './live-settings.ts'
import { readEnvFile } from './env-file.ts'
import { optional, setting, type Setting } from './setting.ts'
import { flag, integer, json, text, path, key, perMinute, proxies, databaseUrl } from './setting-schemas.ts'
import { readSettingsFile, type SettingsInFile } from './settings-file.ts'
import { TOOL_SETTINGS } from './tool-settings.ts'

export const AUTH_METHODS = ['cli', 'api_key', 'bedrock', 'vertex', 'foundry'] as const

export const SETTINGS = {
  CONFIG_FILE: optional(
    path,
    'File of settings, for what neither a flag nor the environment says: JSON, comments allowed, with the names of this table. SIGHUP has it read anew.',
  ),
  PORT: setting(
    integer(0, 65535),
    8000,
    'Port to listen on; the next free one when it is taken. 0 takes any free port.',
  ),
  STRICT_PORT: setting(flag, false, 'Exit instead of taking the next free port.'),
  HOST: setting(text, '127.0.0.1', 'Address to listen on. Anything but loopback needs API_KEY or stored keys.'),
  API_KEY: optional(
    key,
    'A key that callers may send, which may do everything. Neither this nor a stored key: none is asked for, on loopback only.',
    { secret: true },
  ),
  ASK_FOR_KEY: setting(flag, true, 'Ask at a start in a terminal whether to make a key, when there is none.'),
  ALLOWED_HOSTS: setting(
    json(z.array(z.string())),
    [],
    'JSON list of host names that requests may name in `Host`, beside localhost, loopback addresses and HOST; with HOST 0.0.0.0 or ::, beside every address.',
  ),
  CORS_ORIGINS: setting(json(z.array(z.string())), [], 'JSON list of web origins whose pages may call this server.'),
  DEFAULT_MODEL: optional(text, 'What the model `default` stands for.', { shownDefault: "Claude Code's own default" }),
  MODEL_ALIASES: setting(
    json(z.record(z.string(), z.string())),
    {},
    'JSON object of model names to accept and what they stand for, such as {"gpt-4o":"sonnet"}.',
  ),
  STRICT_PARAMS: setting(flag, false, 'Refuse parameters that have no counterpart instead of ignoring them.'),
  MAX_TIMEOUT: setting(integer(1000, 86_400_000), 600_000, 'Milliseconds a whole request may take.'),
  FIRST_EVENT_TIMEOUT: setting(
    integer(100, 86_400_000),
    120_000,
    'Milliseconds the model may take until its first event.',
  ),
  IDLE_TIMEOUT: setting(integer(100, 86_400_000), 60_000, 'Milliseconds the model may be silent in mid-answer.'),
  INIT_TIMEOUT: setting(integer(100, 600_000), 15_000, 'Milliseconds a Claude Code process may take to get ready.'),
  HEARTBEAT_INTERVAL: setting(
    integer(50, 600_000),
    15_000,
    'Milliseconds of silence after which a stream gets a comment line.',
  ),
  ...TOOL_SETTINGS,
  DRAIN_TIMEOUT: setting(integer(0, 600_000), 25_000, 'Milliseconds that running requests get to finish at shutdown.'),
  MAX_BODY_BYTES: setting(integer(1024, 1_000_000_000), 20_000_000, 'Largest request body in bytes.'),
  MAX_BODIES_BYTES: optional(
    integer(1024, 1_000_000_000_000),
    'Most bytes of bodies at a time, and of unread answers; one caller gets three quarters of it.',
    {
      shownDefault: '1/16 of the memory, or 1/8 of the heap of Node.js if that is less',
    },
  ),
  MAX_WORKERS: optional(
    integer(1, 1000),
    'Most requests answered at a time, each by a Claude Code process of its own; SPARE_WORKERS come on top.',
    {
      shownDefault: '4 per core, bounded by free memory / 300 MB',
    },
  ),
  SPARE_WORKERS: setting(
    integer(0, 100),
    4,
    'Most Claude Code processes to keep ahead of need, besides MAX_WORKERS; traffic decides how many. 0 for none.',
  ),
  MAX_QUEUE: setting(integer(0, 100_000), 100, 'Most requests that wait for a process; more are refused with 503.'),
  QUEUE_TIMEOUT: setting(integer(100, 86_400_000), 60_000, 'Milliseconds a request may wait for a process.'),
  EGRESS: setting(
    flag,
    true,
    'Send model calls through the egress, a proxy inside Dragoman that keeps the key from Claude Code, where the login allows it.',
  ),
  REUSE_WORKERS: setting(
    flag,
    true,
    'Use a process for more than one turn of the same caller, once a self-test has shown that it forgets.',
  ),
  CLAUDE_CLI_PATH: optional(path, 'Claude Code binary to use.', { shownDefault: 'the one the Agent SDK ships' }),
  CLAUDE_AUTH_METHOD: optional(z.enum(AUTH_METHODS), `How Claude Code logs in: ${AUTH_METHODS.join(', ')}.`, {
    shownDefault: 'detected',
  }),
  DATA_DIR: setting(
    // Node looks for ever for a way to make one there (20.20).
    path.refine((given) => !/^\/proc(?:\/|$)/.test(given), 'no folder can be made there'),
    join(homedir(), '.dragoman'),
    'Folder for the database, and for the files of Claude Code processes while they run.',
    { shownDefault: '~/.dragoman' },
  ),
  DATABASE_URL: setting(
    databaseUrl,
    'sqlite:',
    'Where keys are kept: `sqlite:` is a file in DATA_DIR, `sqlite:<path>` another one, `postgres://user:password@host/name` a PostgreSQL that several instances share.',
    { secret: true },
  ),
  KEY_PEPPER: optional(
    text.min(16),
    'What keys are hashed with. Instances that share a database need the same one; changing it makes every key useless.',
    { secret: true, shownDefault: 'a random one, in a file in DATA_DIR' },
  ),
  RATE_LIMIT_ENABLED: optional(
    flag,
    'Hold callers to the requests per minute below, each key for itself, callers without a key by their address. Limits of stored keys hold in any case.',
    { shownDefault: 'true where a key is needed' },
  ),
  RATE_LIMIT_CHAT_PER_MINUTE: setting(perMinute, 10, 'Requests that ask a model.'),
  RATE_LIMIT_DEBUG_PER_MINUTE: setting(perMinute, 2, 'Reports on what becomes of a request.'),
  RATE_LIMIT_AUTH_PER_MINUTE: setting(perMinute, 10, 'Questions after the login.'),
  RATE_LIMIT_SESSION_PER_MINUTE: setting(perMinute, 15, 'Requests for sessions.'),
  RATE_LIMIT_HEALTH_PER_MINUTE: setting(perMinute, 30, 'Requests for /health, /ready and /version.'),
  RATE_LIMIT_GENERAL_PER_MINUTE: setting(perMinute, 60, 'All other requests.'),
  TRUSTED_PROXIES: setting(
    proxies,
    [],
    'JSON list of the proxies before this server whose `X-Forwarded-For` is believed: addresses, ranges such as 10.0.0.0/8, and the words loopback, linklocal and uniquelocal.',
  ),
  IDEMPOTENCY_TTL: setting(
    integer(0, 30 * 86_400_000),
    86_400_000,
    'Milliseconds that an answer is kept for the same request with the same `Idempotency-Key`. 0 ignores the header.',
  ),
  SESSION_TTL: setting(
    integer(1000, 31_536_000_000),
    3_600_000,
    'Milliseconds after its last turn that a session (`session_id`) is kept.',
  ),
  SESSION_MAX_MESSAGES: setting(integer(2, 100_000), 2000, 'Most messages in a session.'),
  SESSION_MAX_BYTES: setting(integer(1024, 1_000_000_000), 20_000_000, 'Most bytes in a session.'),
  MAX_SESSIONS: setting(integer(1, 1_000_000), 1000, 'Most sessions of a caller.'),
  USAGE_DAYS: setting(
    integer(1, 36_500),
    400,
    'Days that rows of the usage ledger are kept. Their sums by day, caller and model stay.',
  ),
  MCP_SERVERS: setting(
    json(z.record(z.string(), z.unknown())),
    {},
    'JSON object of MCP servers that requests may name, such as {"files":{"command":"/usr/bin/files-mcp"},"tickets":{"url":"https://tickets.example/mcp","headers":{"authorization":"Bearer ${TICKETS_TOKEN}"}}}; `${NAME}` is taken from the environment.',
    { secret: true },
  ),
  MCP_CONFIG: optional(
    path,
    'File of more of them: JSON with `mcpServers`, as in a `.mcp.json`. It is read at the start.',
  ),
  MCP_STDIO_OVER_HTTP: setting(
    flag,
    false,
    'Let admin keys add MCP servers that are programs of this machine: whoever has such a key can then run any program here.',
  ),
  WATCHDOG_TIMEOUT: setting(
    integer(0, 3_600_000),
    1000,
    'Milliseconds that the server may be held up by its own work before the log says what it was at. 0 for never.',
  ),
  LOG_LEVEL: setting(
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    'info',
    'Least severe log lines to write.',
  ),
  VERBOSE: setting(flag, false, 'Write log lines of the level debug too.'),
  DEBUG_MODE: setting(
    flag,
    false,
    "Write everything to the log, and with it what callers ask and the model answers, cut short and without what looks like a secret. Not for other people's conversations.",
  ),
} as const satisfies Record<string, Setting<unknown>>

export type SettingName = keyof typeof SETTINGS

type Values = { readonly [Name in SettingName]: (typeof SETTINGS)[Name] extends Setting<infer T> ? T : never }

/** The environment of the process, from which a child's is built by allow-list. */
export type Environment = Readonly<Record<string, string | undefined>>

/** All settings, checked and frozen. `environment` is what the operator gave, for Claude Code's own variables. */
export type Config = Values & { readonly environment: Environment }

/** What can change while the server runs. */
export type LiveConfig = Pick<Config, (typeof LIVE_SETTINGS)[number]>

/** What these settings are at this moment. A request asks once, and goes by what it was told until its end. */
export type CurrentConfig = () => LiveConfig

/** What stays as it was at the start. */
export type FixedConfig = Omit<Config, keyof LiveConfig>

/** A setting has a value that is not allowed. The message names each one, without the value of a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/**
 * Reads every setting: from `flags`, else from `environment`, else from the file that CONFIG_FILE of these two names.
 * @throws ConfigError naming every setting that is wrong.
 */
export function parseConfig(environment: Environment, flags: Partial<Record<SettingName, string>> = {}): Config {
  const { settings: inFile, problems: ofFile } = settingsInFile(flags.CONFIG_FILE ?? environment['CONFIG_FILE'])
  const problems = [...ofFile]
  const given: Environment = flags
  const entries = Object.entries<Setting<unknown>>(SETTINGS).map(([name, known]) => {
    const outside = given[name] ?? environment[name]
    const { text: raw, place } =
      outside === undefined || (outside === '' && given[name] === undefined)
        ? (inFile.get(name) ?? { text: '', place: '' })
        : { text: outside, place: '' }
    if (raw === '') return [name, known.default]
    const parsed = known.schema.safeParse(raw)
    if (parsed.success) return [name, parsed.data]
    const reason = parsed.error.issues.map((issue) => issue.message).join('; ')
    problems.push(`${place}${known.secret === true ? name : `${name}=${raw}`}: ${reason}`)
    return [name, known.default]
  })
  if (problems.length > 0) throw new ConfigError(`Settings that cannot be used:\n  ${problems.join('\n  ')}`)
  // The boundary: the entries are SETTINGS' own, which the type system cannot follow through fromEntries.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.freeze({ ...Object.fromEntries(entries), environment }) as Config
}

function settingsInFile(file: string | undefined): SettingsInFile {
  if (file === undefined || file === '') return { settings: new Map(), problems: [] }
  return readSettingsFile(path.parse(file), Object.keys(SETTINGS))
}

/** Those that must not be shown and are a text each, wherever they were given. */
export const secretSettings = ({
  API_KEY,
  KEY_PEPPER,
  DATABASE_URL,
}: Pick<Config, 'API_KEY' | 'KEY_PEPPER' | 'DATABASE_URL'>): Environment => ({ API_KEY, KEY_PEPPER, DATABASE_URL })

/** The process's environment with `.env` of the folder below it: what the shell sets wins. */
export function loadEnvironment(folder: string = process.cwd()): Environment {
  const { variables, problem } = readEnvFile(folder)
  if (problem !== undefined) throw new ConfigError(`${problem}: mend that, or start in another folder`)
  return { ...variables, ...process.env }
}
