/**
 * Plays Claude Code's side of the stream-json protocol, as seen on 2.1.330: it holds a conversation, forgets it when it
 * is rewound, asks the model API once a question and passes the stream on. At the message that its plan names it does
 * what the plan says. Run with the folder of its plan as the first argument.
 */
import { closeSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { createInterface } from 'node:readline'

const [folder, ...args] = process.argv.slice(2)
const { ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: baseUrl } = process.env
const argument = (name) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3)
const model = argument('model')

/** The trial process at the start and the one of the self-test are left alone. */
const isForTurns = model !== undefined && key !== 'none'

/** Kept so that it counts as memory. */
const hoard = []

const DEEDS = {
  kill: () => process.kill(process.pid, 'SIGKILL'),
  segv: () => process.kill(process.pid, 'SIGSEGV'),
  stop: () => process.kill(process.pid, 'SIGSTOP'),
  'exit-0': () => process.exit(0),
  'exit-1': () => process.exit(1),
  spin: () => {
    for (;;);
  },
  hang: () => (state.muted = true),
  omit: () => undefined,
  garbage: () => process.stdout.write('garbage\n'),
  noise: (line) => {
    process.stdout.write(`${'garbage\n'.repeat(50)}{"half":\n\n{"type":"never_heard_of"}\n[1,2]\n`)
    process.stdout.write(line)
  },
  'null-line': (line) => process.stdout.write(`null\n${line}`),
  flood: (line) => {
    process.stdout.write('garbage\n'.repeat(200))
    process.stdout.write(line)
  },
  'half-line': (line) => {
    process.stdout.write(line.slice(0, line.length / 2))
    state.muted = true
  },
  'half-line-exit': (line) => {
    process.stdout.write(line.slice(0, line.length / 2))
    process.exit(0)
  },
  'huge-line': (line) => {
    process.stdout.write(`{"type":"system","subtype":"huge","text":"${'x'.repeat(9 * 1024 * 1024)}"}\n`)
    process.stdout.write(line)
  },
  'close-stdout': () => {
    closeSync(1)
    state.muted = true
  },
  'close-stdin': (line) => {
    process.stdout.write(line)
    process.stdin.destroy()
    setInterval(() => undefined, 1000)
  },
  'much-stderr': (line) => {
    for (let written = 0; written < 5; written += 1) process.stderr.write('x'.repeat(1024 * 1024))
    process.stdout.write(line)
  },
  'much-memory': (line) => {
    hoard.push(Buffer.alloc(450 * 1024 * 1024, 1))
    process.stdout.write(line)
  },
  'other-text': (line) =>
    process.stdout.write(`${JSON.stringify({ ...JSON.parse(line), result: 'Something else.' })}\n`),
}

const state = { muted: false, flow: 0, said: 0, saidByName: {}, hasMisbehaved: false }

/** The plan's deed, if it is for this message and was not done often enough yet. */
function deedFor(name) {
  const plan = JSON.parse(readFileSync(`${folder}/plan.json`, 'utf8'))
  if (plan.flow !== state.flow) {
    Object.assign(state, { flow: plan.flow, said: 0, saidByName: {}, hasMisbehaved: false })
  }
  if (name !== 'start') state.said += 1
  const times = (state.saidByName[name] = (state.saidByName[name] ?? 0) + 1)
  const { fault } = plan
  if (!isForTurns || state.hasMisbehaved || fault === null) return undefined
  if (fault.at !== state.said && (fault.at !== name || fault.nth !== times)) return undefined
  for (let time = 1; time <= fault.times; time += 1) {
    try {
      writeFileSync(`${folder}/${plan.flow}-${time}`, String(process.pid), { flag: 'wx' })
      state.hasMisbehaved = true
      return DEEDS[fault.deed]
    } catch {
      // Another process has done that one.
    }
  }
  return undefined
}

function readTranscript(path) {
  if (path === undefined) return []
  const entries = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  return entries.map(({ message: { role, content }, uuid }) => ({ role, content, uuid }))
}

function say(name, message) {
  if (state.muted) return
  const line = `${JSON.stringify({ ...message, session_id: 'scripted', uuid: 'scripted' })}\n`
  const deed = deedFor(name)
  if (deed === undefined) process.stdout.write(line)
  else deed(line)
}

/** What has been said, with the ids of the user's messages. */
let conversation = readTranscript(argument('resume'))
let system
let maxTokens = 32_000
let effort = null
let spentUsd = 0
/** The call to the model API that runs. */
let call
let queue = Promise.resolve()

const agent = new Agent({ keepAlive: true })

function answerControl({ request_id, request }) {
  const response = CONTROLS[request.subtype]?.(request)
  say(request.subtype, { type: 'control_response', response: { subtype: 'success', request_id, response } })
}

const MODELS = [
  { value: 'default', resolvedModel: 'claude-sonnet-5-5', displayName: 'Default', description: 'Sonnet 5.5' },
  { value: 'sonnet', resolvedModel: 'claude-sonnet-5-5', displayName: 'Sonnet', description: 'Sonnet 5.5' },
]

const CONTROLS = {
  initialize: ({ systemPrompt }) => {
    system = systemPrompt?.join('')
    return {
      commands: [],
      agents: [],
      output_style: 'default',
      available_output_styles: ['default'],
      models: MODELS,
      account: { tokenSource: 'none', apiKeySource: 'ANTHROPIC_API_KEY', apiProvider: 'firstParty' },
      pid: process.pid,
      claude_code_version: '2.1.330',
    }
  },
  apply_flag_settings: ({ settings }) => {
    effort = settings.effortLevel
    maxTokens = Number(settings.env.CLAUDE_CODE_MAX_OUTPUT_TOKENS) || 32_000
  },
  rewind_conversation: ({ target_message_uuid: target }) => {
    const at = conversation.findIndex(({ uuid }) => uuid === target)
    if (at === -1) return { rewound: false }
    const preceding = conversation.slice(0, at).findLast(({ role }) => role === 'assistant')
    conversation = conversation.slice(0, at)
    return { rewound: true, targetMessageUuid: target, precedingAssistantUuid: preceding?.uuid ?? null }
  },
  interrupt: () => {
    call?.destroy(new Error('interrupted'))
  },
}

function result(fields) {
  return {
    type: 'result',
    subtype: 'success',
    is_error: false,
    duration_ms: 1,
    duration_api_ms: 1,
    num_turns: 0,
    stop_reason: null,
    total_cost_usd: spentUsd,
    usage: { input_tokens: 0, output_tokens: 0 },
    modelUsage: {},
    permission_denials: [],
    ...fields,
  }
}

async function takeUser({ uuid, message, shouldQuery }) {
  conversation.push({ role: 'user', content: message.content, uuid })
  if (shouldQuery === false) say('taken', result({ result: '' }))
  else await ask()
}

async function ask() {
  const answer = { events: 0, message: undefined, text: '', stopReason: null, isWhole: false }
  try {
    const response = await send()
    if (response.statusCode !== 200) return fail(response.statusCode, 'API Error')
    for await (const event of eventsOf(response)) relay(event, answer)
    if (!answer.isWhole) return fail(undefined, 'API Error: the connection was lost')
  } catch (error) {
    if (error.message === 'interrupted')
      return say(
        'result',
        result({ subtype: 'error_during_execution', is_error: true, terminal_reason: 'aborted_streaming' }),
      )
    return fail(undefined, `API Error: ${error.message}`)
  } finally {
    call = undefined
  }
  conversation.push({ role: 'assistant', content: [{ type: 'text', text: answer.text }] })
  spentUsd += 0.0001
  say(
    'result',
    result({ num_turns: 1, result: answer.text, stop_reason: answer.stopReason, terminal_reason: 'completed' }),
  )
}

function send() {
  const body = JSON.stringify({
    model: MODELS.find(({ value }) => value === (model ?? 'default'))?.resolvedModel ?? model,
    max_tokens: maxTokens,
    ...(system === undefined || system === '' ? {} : { system }),
    messages: conversation.map(({ role, content }) => ({ role, content })),
    ...(effort === null ? {} : { output_config: { effort } }),
    stream: true,
  })
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'x-api-key': key, 'anthropic-version': '2023-06-01' }
    call = httpRequest(`${baseUrl}/v1/messages?beta=true`, { method: 'POST', headers, agent }, resolve)
    call.on('error', reject)
    call.end(body)
  })
}

async function* eventsOf(response) {
  let unread = ''
  response.setEncoding('utf8')
  for await (const piece of response) {
    const blocks = (unread + piece).split('\n\n')
    unread = blocks.pop()
    for (const block of blocks) {
      const data = block.split('\n').find((line) => line.startsWith('data: '))
      if (data !== undefined) yield JSON.parse(data.slice('data: '.length))
    }
  }
}

function relay(event, answer) {
  if (event.type === 'ping') return
  if (event.type === 'error') throw new Error(event.error.message)
  if (event.type === 'message_start') answer.message = event.message
  if (event.type === 'content_block_delta') answer.text += event.delta.text ?? ''
  if (event.type === 'content_block_stop') {
    const content = [{ type: 'text', text: answer.text }]
    say('assistant', { type: 'assistant', message: { ...answer.message, content }, parent_tool_use_id: null })
  }
  if (event.type === 'message_delta') answer.stopReason = event.delta.stop_reason
  if (event.type === 'message_stop') answer.isWhole = true
  say(event.type, { type: 'stream_event', event, parent_tool_use_id: null })
}

/** As on a terminal: the error is said in the assistant's name. */
function fail(status, text) {
  const message = { model: '<synthetic>', role: 'assistant', content: [{ type: 'text', text }] }
  say('assistant', { type: 'assistant', message, parent_tool_use_id: null, error: 'server_error' })
  say('result', result({ num_turns: 1, is_error: true, api_error_status: status ?? null, result: text }))
}

deedFor('start')?.('')
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const message = JSON.parse(line)
    if (message.type === 'control_request') answerControl(message)
    else if (message.type === 'assistant') conversation.push({ ...message.message, uuid: message.uuid })
    else if (message.type === 'user') queue = queue.then(() => takeUser(message))
  })
  .on('close', () => !process.stdin.destroyed && process.exit(0))
