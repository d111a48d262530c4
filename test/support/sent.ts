import { z } from 'zod'
import type { RecordedRequest } from './scripted-model.ts'

const content = z.union([
  z.string().transform((text) => [text]),
  z.array(z.looseObject({ text: z.string().default('') }).transform(({ text }) => text)),
])
const body = z.looseObject({
  system: content.default([]),
  messages: z.array(z.object({ role: z.string(), content })),
})

export interface Sent {
  readonly system: string[]
  readonly messages: { role: string; texts: string[] }[]
  readonly body: Readonly<Record<string, unknown>>
}

/** The conversation that the model API was sent, without what Claude Code adds to every call (its `system` messages). */
export function sentBy(request: RecordedRequest | undefined): Sent {
  if (request?.body === undefined) throw new Error('the model API was sent nothing')
  const { system, messages } = body.parse(request.body)
  return {
    body: request.body,
    system,
    messages: messages
      .filter(({ role }) => role !== 'system')
      .map((message) => ({ role: message.role, texts: message.content })),
  }
}
