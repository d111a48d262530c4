/** The server under attack, and all that an attacker has of it. */
import { inspect, jsonOf, type Secret } from './inspect.ts'
import { Breach, type Need } from './attack.ts'
import { type AttackedRoute, routesOf } from './routes.ts'
import { type Address, type Answer, exchange, type ExchangeOptions } from './wire.ts'

/** Who asks: the attacker with its key, somebody without one, or the other one, whose data are the prize. */
export type Asker = 'attacker' | 'nobody' | 'victim'

export interface Request {
  readonly method?: string
  readonly path: string
  readonly as?: Asker
  /** Lines such as `origin: null`. One for `host` takes the place of ours. */
  readonly headers?: readonly string[]
  /** What is no text is sent as JSON, with its content type. */
  readonly body?: unknown
}

/** What only somebody sees who runs the server itself. */
export interface Inside {
  /** Everything that the server has written to its log. */
  log(): string
  /** Every request that the model was sent so far, as text. */
  sent(): readonly string[]
  /** The next answer of the model. */
  nextText(text: string): void
  /** The next answer of the model is a call of a tool. */
  nextCall(name: string, input: Readonly<Record<string, unknown>>): void
}

export interface TargetOptions {
  readonly url: string
  readonly key?: string
  readonly otherKey?: string
  /** What must be in no answer. */
  readonly secrets: readonly Secret[]
  /** A file of the server's machine that no caller may read. */
  readonly file: string
  /** A path where nothing is, and nothing may come to be. */
  readonly absentFile: string
  readonly inside?: Inside
  /** Without the attacks that take long. */
  readonly quick?: boolean
}

export interface Target {
  readonly address: Address
  readonly key: string
  readonly file: string
  readonly absentFile: string
  readonly routes: readonly AttackedRoute[]
  readonly secrets: readonly Secret[]
  readonly inside: Inside | undefined
  has(need: Need): boolean
  /** What to try in the place `at`: all, or in the quick form a share, another one in each place of several. */
  some<T>(values: readonly T[], at: number): readonly T[]
  /** Asks, and looks at the answer with `inspect`. */
  ask(request: Request): Promise<Answer>
  /** Sends bytes as they are, and looks at the answer with `inspect`. */
  send(bytes: string | Uint8Array, options?: ExchangeOptions): Promise<Answer>
  /** The bytes of a request. */
  bytesOf(request: Request): Buffer
}

/** The quick form tries one value of so many in each place. */
const QUICK_SHARE = 4

/** A turn of the model may take so long on a busy machine. */
const TURN_MS = 30_000

/** @throws Error when there is no server of ours at the address */
export async function openTarget(options: TargetOptions): Promise<Target> {
  const { url, key = '', otherKey = '', secrets, file, absentFile, inside } = options
  const { hostname, port } = new URL(url)
  const address = { host: hostname.replaceAll(/[[\]]/g, ''), port: Number(port === '' ? 80 : port) }
  const keys: Readonly<Record<Asker, string>> = { attacker: key, victim: otherKey, nobody: '' }
  const bytesOf = (request: Request): Buffer =>
    bytes(request, `${hostname}:${address.port}`, keys[request.as ?? 'attacker'])
  const plain = (request: Request): Promise<Answer> => exchange(address, bytesOf(request), { timeoutMs: TURN_MS })

  const description = await plain({ path: '/openapi.json' })
  if (description.status !== 200) throw new Error(`${url}/openapi.json: ${description.status} ${description.body}`)
  const needsKey = (await plain({ path: '/openapi.json', as: 'nobody' })).status === 401
  const isAdmin = (await plain({ path: '/metrics' })).status === 200
  const there: Readonly<Record<Need, boolean>> = {
    key: needsKey && key !== '',
    'limited key': needsKey && !isAdmin,
    'other key': otherKey !== '',
    log: inside !== undefined,
    model: inside !== undefined,
    time: options.quick !== true,
  }
  const looked = (answer: Answer, asked: string, as: Asker): Answer => {
    inspect(answer, asked, as === 'victim' ? [] : secrets)
    return answer
  }
  return {
    address,
    key,
    file,
    absentFile,
    secrets,
    inside,
    routes: routesOf(description.body),
    has: (need) => there[need],
    some: (values, at) => (there.time ? values : values.filter((_, index) => (index + at) % QUICK_SHARE === 0)),
    bytesOf,
    async ask(request) {
      const answer = await plain(request)
      const asked = `${request.method ?? 'GET'} ${request.path} ${(request.headers ?? []).join(' ')}`.slice(0, 300)
      if (answer.status === 0) throw new Breach(`no answer to ${asked} within ${Math.round(answer.ms)} ms`)
      return looked(answer, asked, request.as ?? 'attacker')
    },
    send: async (sent, more) =>
      looked(await exchange(address, sent, more), JSON.stringify(sent.toString().slice(0, 200)), 'attacker'),
  }
}

function bytes(request: Request, host: string, key: string): Buffer {
  const { method = 'GET', path, headers = [], body } = request
  const content = typeof body === 'string' || body === undefined ? (body ?? '') : JSON.stringify(body)
  const given = new Set(headers.map((line) => line.split(':', 1)[0]?.toLowerCase()))
  const ours = [
    `host: ${host}`,
    'connection: close',
    ...(key === '' ? [] : [`authorization: Bearer ${key}`]),
    ...(body === undefined ? [] : ['content-type: application/json', `content-length: ${Buffer.byteLength(content)}`]),
  ].filter((line) => !given.has(line.split(':', 1)[0]))
  return Buffer.from([`${method} ${path} HTTP/1.1`, ...ours, ...headers, '', content].join('\r\n'))
}

/** The code of an error. */
export function codeOf({ body }: Answer): string | undefined {
  const parsed = jsonOf(body)
  if (typeof parsed !== 'object' || parsed === null || !('error' in parsed)) return undefined
  const { error } = parsed
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined
}
