/** An MCP server from the form in which people write it, wherever they do. */
import type { McpServer } from '../turn/own-tools.ts'
import type { McpServerForm } from '../wire/mcp.ts'

/** What is wrong with a form. The message holds none of its values. */
export class ServerFormError extends Error {
  override readonly name = 'ServerFormError'
  /** The field, such as `headers`. */
  readonly param: string

  constructor(param: string, message: string) {
    super(message)
    this.param = param
  }
}

const LONGEST_NAME = 64
/** A `_` at an end or two in a row would make the names of two servers' tools run into one another: `mcp__a__b`. */
const NAME = /^[a-zA-Z0-9-]+(?:_[a-zA-Z0-9-]+)*$/
/** Claude Code keeps these to itself and leaves such servers out without a word (2.1.330). */
const RESERVED: readonly string[] = ['ide', 'workspace', 'computer-use', 'claude-in-chrome']
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/
/** RFC 9110: a token, and a value without control characters. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const NUL = '\0'

/** @throws ServerFormError */
export function readServer(name: string, form: McpServerForm): McpServer {
  if (name.length > LONGEST_NAME || !NAME.test(name)) {
    throw new ServerFormError('name', 'expected at most 64 letters, digits and "-", with single "_" between them')
  }
  if (RESERVED.includes(name)) throw new ServerFormError('name', 'Claude Code keeps this name to itself')
  const { tools } = form
  const isWanted = tools === undefined ? {} : { isWanted: (tool: string) => tools.includes(tool) }
  return { name, ...isWanted, transport: readTransport(form) }
}

function readTransport(form: McpServerForm): McpServer['transport'] {
  const { type = form.url === undefined ? 'stdio' : 'http' } = form
  switch (type) {
    case 'sse':
      throw new ServerFormError(
        'type',
        'sse is not offered: give the address at which the server speaks Streamable HTTP',
      )
    case 'stdio':
      refuse(form, ['url', 'headers'], 'a stdio server has none')
      return readStdio(form)
    case 'http':
    case 'streamable-http':
      refuse(form, ['command', 'args', 'env'], 'an http server has none')
      return readHttp(form)
  }
}

function readStdio({ command = '', args = [], env = {} }: McpServerForm): McpServer['transport'] {
  if (command.trim() === '') throw new ServerFormError('command', 'expected the program of the server')
  if (/^\.{0,2}[^/]*\//.test(command) && !command.startsWith('/')) {
    throw new ServerFormError('command', 'expected an absolute path, or the name of a program that PATH leads to')
  }
  for (const name of Object.keys(env)) {
    if (!VARIABLE.test(name)) throw new ServerFormError('env', 'a variable has a name that cannot be one')
  }
  checkTexts('command', [command])
  checkTexts('args', args)
  checkTexts('env', Object.values(env))
  return { type: 'stdio', command, args, env }
}

function readHttp({ url = '', headers = {} }: McpServerForm): McpServer['transport'] {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol)) {
    throw new ServerFormError('url', 'expected an http or https URL')
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new ServerFormError('url', 'a name or password in the URL is not taken: send it by headers')
  }
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name)) throw new ServerFormError('headers', 'a header has a name that cannot be one')
    if (!HEADER_VALUE.test(value)) throw new ServerFormError('headers', 'a header has a value that cannot be sent')
  }
  checkTexts('url', [url])
  checkTexts('headers', Object.values(headers))
  return { type: 'http', url, headers }
}

function refuse(form: McpServerForm, params: readonly (keyof McpServerForm)[], why: string): void {
  const odd = params.find((param) => form[param] !== undefined)
  if (odd !== undefined) throw new ServerFormError(odd, why)
}

function checkTexts(param: string, texts: readonly string[]): void {
  if (texts.some((text) => text.includes(NUL)))
    throw new ServerFormError(param, 'holds a character that cannot be passed on')
}
