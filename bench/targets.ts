import type { Target } from './load.ts'

export const PROMPT = 'Say hello in a few words.'

interface ChatOptions {
  readonly system?: string
  /** Earlier turns, a question and an answer each. */
  readonly turns?: number
  /** Makes the earlier turns others. */
  readonly salt?: string
  /** The whole conversation, instead. */
  readonly history?: readonly { role: string; content: string }[]
}

interface ChatTarget extends Target {
  readonly messages: readonly { role: string; content: string }[]
}

export function chat(url: string, { system, turns = 0, salt = '', history }: ChatOptions = {}): ChatTarget {
  const earlier = Array.from({ length: turns }, (_, index) => [
    { role: 'user', content: `Question ${index} ${salt}: how are you today?` },
    { role: 'assistant', content: `Answer ${index} ${salt}: I am well, thank you.` },
  ]).flat()
  const messages = [
    ...(system === undefined ? [] : [{ role: 'system', content: system }]),
    ...(history ?? [...earlier, { role: 'user', content: PROMPT }]),
  ]
  return {
    url: `${url}/v1/chat/completions`,
    headers: {},
    messages,
    body: JSON.stringify({ model: 'sonnet', stream: true, messages }),
    firstToken: /"content":"[^"]/,
    complete: /data: \[DONE\]/,
  }
}

export function modelAlone(url: string): Target {
  const messages = [{ role: 'user', content: PROMPT }]
  return {
    url: `${url}/v1/messages`,
    headers: { 'x-api-key': 'bench', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ model: 'claude-sonnet-5-5', max_tokens: 1000, stream: true, messages }),
    firstToken: /text_delta/,
    complete: /"message_stop"/,
  }
}
