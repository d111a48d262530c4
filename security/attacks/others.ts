/** What belongs to somebody else: conversations, usage, keys, the log, the share of the limits. */
import { randomUUID } from 'node:crypto'
import { type Attack, hold, tryEach } from './attack.ts'
import type { Answer } from './wire.ts'
import { codeOf, type Target } from './target.ts'

const CHAT = { method: 'POST', path: '/v1/chat/completions' }

const user = (content: string) => ({ role: 'user', content })

const foreignSession: Attack = {
  name: "another key's session: read, listed, gone on with, removed, guessed",
  promise: 'G3',
  needs: ['other key'],
  run: async (target) => {
    const session = `victim-${randomUUID()}`
    const words = `words-${randomUUID()}`
    const body = { model: 'sonnet', messages: [user(words)], session_id: session }
    const begun = await target.ask({ ...CHAT, as: 'victim', body })
    hold(begun.status === 200, `the other key cannot begin a session: ${begun.status} ${begun.body.slice(0, 200)}`)
    const before = target.inside?.sent().length ?? 0
    const heard: Answer[] = []
    for (const as of ['attacker', 'nobody'] as const) {
      const read = await target.ask({ path: `/v1/sessions/${session}`, as })
      const missing = await target.ask({ path: `/v1/sessions/victim-${randomUUID()}`, as })
      hold(read.body === missing.body && read.status >= 400, `${as} can tell another's session from none: ${read.body}`)
      const removed = await target.ask({ method: 'DELETE', path: `/v1/sessions/${session}`, as })
      hold(removed.status >= 400, `${as} removes another's session: ${removed.status}`)
      const lists = [
        '',
        `?after=${session}`,
        `?limit=100&principal=x&key=x&all=true&user=${session}`,
        '?after=%25',
        "?after='",
      ]
      for (const query of lists) heard.push(await target.ask({ path: `/v1/sessions${query}`, as }))
      heard.push(await target.ask({ path: '/v1/sessions/stats', as }))
      for (const guess of ['%25', '*', 'victim-%25', `${session}%00`, session.toUpperCase(), `./${session}`])
        heard.push(await target.ask({ path: `/v1/sessions/${guess}`, as }))
    }
    const own = await target.ask({ ...CHAT, body: { ...body, messages: [user('What did I say before?')] } })
    hold(!own.text.includes(words), "a session goes on with another's words")
    await target.ask({ method: 'DELETE', path: `/v1/sessions/${session}` })
    for (const { text } of heard)
      hold(!text.includes(words) && !text.includes(`"${session}"`), `it tells of another's session: ${text}`)
    const sent = target.inside?.sent().slice(before).join('') ?? ''
    hold(!sent.includes(words), "the model was sent another's words")
    const kept = await target.ask({ path: `/v1/sessions/${session}`, as: 'victim' })
    hold(kept.status === 200 && kept.body.includes(words), `the other key's session is not as it was: ${kept.status}`)
    await target.ask({ method: 'DELETE', path: `/v1/sessions/${session}`, as: 'victim' })
  },
}

const foreignAnswer: Attack = {
  name: "another caller's answer by its Idempotency-Key",
  promise: 'G3',
  needs: ['other key'],
  run: async (target) => {
    const body = { model: 'sonnet', messages: [user(`words-${randomUUID()}`)] }
    for (const asked of [body, { ...body, stream: true }]) {
      for (const as of ['attacker', 'nobody'] as const) {
        const same = [`idempotency-key: same-${randomUUID()}`]
        const other = [`idempotency-key: other-${randomUUID()}`]
        for (const headers of [same, other]) {
          const { status, body: told } = await target.ask({ ...CHAT, as: 'victim', headers, body: asked })
          hold(status === 200, `the other key cannot ask: ${status} ${told.slice(0, 200)}`)
        }
        const given = await target.ask({ ...CHAT, as, headers: same, body: asked })
        hold(!given.headers.has('idempotent-replayed'), `${as} is given another's answer`)
        const told = await target.ask({ ...CHAT, as, headers: other, body: { ...asked, messages: [user('Hi')] } })
        hold(![409, 422].includes(told.status), `${as} is told that another has used a key: ${told.status}`)
      }
    }
  },
}

const foreignUsage: Attack = {
  name: "another key's usage and counts, by every way of asking",
  promise: 'G3',
  needs: ['other key', 'limited key'],
  run: async (target) => {
    const mine = await target.ask({ path: '/v1/usage?group_by=key' })
    const names = [...mine.body.matchAll(/"name":"([^"]*)"/g)]
    hold(names.length <= 1, `the usage of other keys: ${mine.body}`)
    const foreign = await target.ask({ path: '/v1/usage?group_by=key', as: 'victim' })
    const id = /"key":\{"id":"([^"]+)"/.exec(foreign.body)?.[1] ?? 'key:none'
    const ways = ['key', 'key_id', 'principal', 'principalId', 'user', 'api_key_ids', 'project_ids', 'group_by']
    await tryEach(['/v1/usage', '/v1/tools/stats', '/v1/sessions/stats', '/v1/sessions'], async (path) => {
      for (const way of ways) {
        const { body } = await target.ask({ path: `${path}?group_by=key&${way}=${encodeURIComponent(id)}` })
        hold(!body.includes(`"${id}"`), `${path} tells of another key by ${way}`)
      }
    })
  },
}

const ROUNDS = 60
/** Two medians of so many on a busy machine differ by less. A look into a database or a hash for each byte would not. */
const TELLING_MS = 3

const keyTiming: Attack = {
  name: 'the time that it takes to refuse a key, which must not tell how right it is',
  promise: 'G4',
  needs: ['key'],
  run: async (target) => {
    const last = target.key.at(-1) === 'a' ? 'b' : 'a'
    const kinds = { near: target.key.slice(0, -1) + last, far: 'x'.repeat(target.key.length), short: 'x' }
    const times: Record<string, number[]> = { near: [], far: [], short: [] }
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [kind, key] of Object.entries(kinds)) {
        const { status, ms } = await target.ask({
          path: '/v1/models',
          as: 'nobody',
          headers: [`authorization: Bearer ${key}`],
        })
        hold(status === 401, `a wrong key is answered with ${status}`)
        times[kind]?.push(ms)
      }
    }
    const medians = Object.entries(times).map(([kind, values]) => ({ kind, median: median(values) }))
    const least = Math.min(...medians.map((one) => one.median))
    for (const one of medians)
      hold(one.median < least + TELLING_MS, `${one.kind} keys take ${one.median} ms to refuse, others ${least} ms`)
  },
}

const median = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0

const forgedLog: Attack = {
  name: 'lines and control characters for the log, and secrets in it',
  promise: 'G4',
  needs: ['log'],
  run: async (target) => {
    const forged = `forged-${randomUUID()}`
    const line = `x\n{"level":60,"msg":"${forged}"}\r\n\u001b[2J\u2028\u0000`
    const before = target.inside?.log().length ?? 0
    const messages = [user(line)]
    await target.ask({ ...CHAT, body: { model: line, messages, user: line, metadata: { a: line }, session_id: line } })
    await target.ask({
      ...CHAT,
      body: { model: 'sonnet', messages, tools: [{ type: line }], response_format: { type: line } },
    })
    const escaped = `%0a%7b%22msg%22%3a%22${forged}%22%7d`
    for (const path of [
      `/v1/models/${escaped}`,
      `/v1/sessions/${escaped}`,
      `/nowhere/${escaped}`,
      `/health?x=${escaped}`,
    ])
      await target.ask({
        path,
        headers: [`x-client-request-id: a\u001b[2J${forged}`, `user-agent: \u001b]0;${forged}`],
      })
    await target.send(`GET /\u001b[31m${forged} HTTP/1.1\r\nhost: localhost\r\n\r\n`)
    await target.ask({ path: '/v1/models', as: 'nobody', headers: [`authorization: Bearer ${target.key}x`] })
    const log = target.inside?.log().slice(before) ?? ''
    const lines = log.split('\n').filter((text) => text !== '')
    hold(lines.every(isObject), 'a caller wrote a line of the log')
    hold(
      !lines.some((text) => new RegExp(`"msg":"[^"\\\\]*${forged}`).test(text)),
      'a caller wrote the message of a line',
    )
    // oxlint-disable-next-line no-control-regex -- it is what must not be there
    hold(!/[\u0000-\u0008\u000b-\u001f\u2028]/.test(log), 'a control character is in the log as it is')
  },
}

const secretsInLog: Attack = {
  name: 'keys, words of callers and what no answer may hold, in the log',
  promise: 'G5',
  needs: ['log', 'key'],
  run: async (target) => {
    const words = `spoken-${randomUUID()}`
    const body = { model: 'sonnet', messages: [user(words)] }
    await target.ask({ ...CHAT, body })
    await target.ask({ ...CHAT, body: { ...body, stream: true } })
    await target.ask({ ...CHAT, body: { ...body, n: 0 } })
    await target.ask({ path: `/v1/models?api_key=${target.key}` })
    const log = target.inside?.log() ?? ''
    hold(!log.includes(words), 'what a caller said is in the log')
    hold(!log.includes(target.key), 'a key is in the log')
    for (const { what, text } of target.secrets) hold(!log.includes(text), `${what} is in the log`)
  },
}

const spoofedAddress: Attack = {
  name: 'many addresses by X-Forwarded-For, to pass a limit for each of them',
  promise: 'G10',
  run: async (target) => {
    const left: number[] = []
    for (const address of ['1.1.1.1', '2.2.2.2, 3.3.3.3', '::1', 'unknown', 'x'.repeat(5000)]) {
      const headers = [`x-forwarded-for: ${address}`, `forwarded: for=${address}`, `x-real-ip: ${address}`]
      const { headers: told } = await target.ask({ path: '/health', as: 'nobody', headers })
      const rest = told.get('x-ratelimit-remaining-requests')
      if (rest !== undefined) left.push(Number(rest))
    }
    hold(
      left.every((rest, at) => at === 0 || rest < (left[at - 1] ?? 0)),
      `each address has a limit of its own: ${left.join()}`,
    )
  },
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object'
  } catch {
    return false
  }
}

const errorsAlike: Attack = {
  name: "a key that is wrong, expired or nobody's: all are refused alike",
  promise: 'G4',
  needs: ['key'],
  run: async (target: Target) => {
    const keys = [
      'x',
      target.key.slice(0, -1),
      `${target.key.slice(0, 20)}${'A'.repeat(target.key.length)}`,
      'sk-dragoman-',
      'sk-x',
    ]
    const told = new Set<string>()
    for (const key of keys) {
      const answer = await target.ask({ path: '/v1/models', as: 'nobody', headers: [`x-api-key: ${key}`] })
      hold(codeOf(answer) === 'invalid_api_key', `a wrong key gives ${codeOf(answer) ?? ''}`)
      told.add(answer.body)
    }
    hold(told.size === 1, `wrong keys are told apart: ${[...told].join()}`)
  },
}

export const OTHERS: readonly Attack[] = [
  foreignSession,
  foreignAnswer,
  foreignUsage,
  keyTiming,
  errorsAlike,
  forgedLog,
  secretsInLog,
  spoofedAddress,
]
