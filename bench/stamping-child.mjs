/**
 * Stands in for Claude Code where only Dragoman's own share of a request's time is asked for: it does next to nothing
 * itself, and adds to each delta when it was told the question, when it asked the model, when it heard the delta and when
 * it passed it on, by the clock that all processes share. The protocol is that of 2.1.330, as far as a good turn needs it.
 */
import { Agent, request as httpRequest } from 'node:http'
import { createInterface } from 'node:readline'

const { ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: baseUrl } = process.env
const agent = new Agent({ keepAlive: true })
const now = () => Number(process.hrtime.bigint()) / 1e6
const say = (message) => process.stdout.write(`${JSON.stringify({ session_id: 'bench', uuid: 'bench', ...message })}\n`)

let conversation = []
let maxTokens = 32_000
let queue = Promise.resolve()

const MODEL = { resolvedModel: 'claude-sonnet-5-5', displayName: 'Sonnet', description: 'Sonnet' }

const CONTROLS = {
  initialize: () => ({
    commands: [],
    agents: [],
    output_style: 'default',
    available_output_styles: ['default'],
    models: ['default', 'sonnet'].map((value) => ({ value, ...MODEL })),
    account: { tokenSource: 'none', apiKeySource: 'ANTHROPIC_API_KEY', apiProvider: 'firstParty' },
    pid: process.pid,
    claude_code_version: '2.1.330',
  }),
  apply_flag_settings: ({ settings }) => {
    maxTokens = Number(settings.env.CLAUDE_CODE_MAX_OUTPUT_TOKENS) || 32_000
  },
  rewind_conversation: ({ target_message_uuid: target }) => {
    const at = conversation.findIndex(({ uuid }) => uuid === target)
    if (at === -1) return { rewound: false }
    conversation = conversation.slice(0, at)
    return { rewound: true, targetMessageUuid: target, precedingAssistantUuid: null }
  },
}

function control({ request_id, request }) {
  const response = CONTROLS[request.subtype]?.(request)
  say({ type: 'control_response', response: { subtype: 'success', request_id, response } })
}

const result = (fields) => {
  const usage = { input_tokens: 0, output_tokens: 0 }
  const whole = { subtype: 'success', is_error: false, total_cost_usd: 0, usage, modelUsage: {}, ...fields }
  say({ type: 'result', duration_ms: 1, duration_api_ms: 1, permission_denials: [], stop_reason: null, ...whole })
}

async function takeUser({ uuid, message, shouldQuery }, toldAt) {
  conversation.push({ role: 'user', content: message.content, uuid })
  if (shouldQuery === false) return result({ num_turns: 0, result: '' })
  const askedAt = now()
  let text = ''
  let begun
  for await (const event of events(await ask())) {
    if (event.type === 'ping') continue
    if (event.type === 'message_start') begun = event.message
    if (event.type === 'content_block_delta') {
      const stamps = [toldAt, askedAt, event.heardAt, now()].map((time) => time.toFixed(3)).join('@')
      event.delta.text = event.delta.text.includes('@') ? `${event.delta.text}@${stamps}` : event.delta.text
      text += event.delta.text
    }
    if (event.type === 'content_block_stop')
      say({ type: 'assistant', message: { ...begun, content: [{ type: 'text', text }] }, parent_tool_use_id: null })
    say({ type: 'stream_event', event, parent_tool_use_id: null })
  }
  conversation.push({ role: 'assistant', content: [{ type: 'text', text }] })
  result({ num_turns: 1, result: text, stop_reason: 'end_turn', terminal_reason: 'completed' })
}

function ask() {
  const messages = conversation.map(({ role, content }) => ({ role, content }))
  const body = JSON.stringify({ model: MODEL.resolvedModel, max_tokens: maxTokens, messages, stream: true })
  const headers = { 'content-type': 'application/json', 'x-api-key': key, 'anthropic-version': '2023-06-01' }
  return new Promise((resolve, reject) => {
    httpRequest(`${baseUrl}/v1/messages?beta=true`, { method: 'POST', headers, agent }, resolve)
      .on('error', reject)
      .end(body)
  })
}

async function* events(response) {
  let unread = ''
  response.setEncoding('utf8')
  for await (const piece of response) {
    const heardAt = now()
    const blocks = (unread + piece).split('\n\n')
    unread = blocks.pop()
    for (const block of blocks) yield { ...JSON.parse(block.slice(block.indexOf('{'))), heardAt }
  }
}

if (process.argv.includes('--version')) console.log('2.1.330 (stand-in)')
else
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const toldAt = now()
      const message = JSON.parse(line)
      if (message.type === 'control_request') control(message)
      else if (message.type === 'assistant') conversation.push({ ...message.message, uuid: message.uuid })
      else if (message.type === 'user') queue = queue.then(() => takeUser(message, toldAt))
    })
    .on('close', () => process.exit(0))
