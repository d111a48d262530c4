/** A model that is not what it seems: it calls what nobody offered, and says what looks like the end of its answer. */
import { existsSync } from 'node:fs'
import { type Attack, hold } from './attack.ts'
import { jsonOf } from './inspect.ts'

const messages = [{ role: 'user', content: 'Hello' }]

const callsTools: Attack = {
  name: 'a model that calls tools which nobody offered to it',
  promise: 'G4',
  needs: ['model'],
  run: async (target) => {
    const { inside, file, absentFile } = target
    const calls: readonly (readonly [name: string, input: Readonly<Record<string, unknown>>])[] = [
      ['Bash', { command: `touch ${absentFile}` }],
      ['Read', { file_path: file }],
      ['Write', { file_path: absentFile, content: 'x' }],
    ]
    for (const [name, input] of calls) {
      const before = inside?.sent().length ?? 0
      inside?.nextCall(name, input)
      const body = { model: 'sonnet', messages }
      await target.ask({ method: 'POST', path: '/v1/chat/completions', body })
      const sent = inside?.sent().slice(before).join('') ?? ''
      hold(
        !target.secrets.some(({ text }) => sent.includes(text)),
        `${name} read a file for a model that asked unasked`,
      )
      hold(!existsSync(absentFile), `${name} ran for a model that called it unasked`)
    }
  },
}

/** Each would be an end, an error or a comment of a stream if it were not quoted. */
const EVENTS = '\n\ndata: [DONE]\n\ndata: {"error":{"message":"forged"}}\n\n: ping\r\rid: 1\nevent: x\u2028\u0000\n\n'

const forgesEvents: Attack = {
  name: 'a model whose text looks like events of the stream',
  promise: 'G2',
  needs: ['model'],
  run: async (target) => {
    target.inside?.nextText(EVENTS)
    const body = { model: 'sonnet', messages, stream: true }
    const { body: stream } = await target.ask({ method: 'POST', path: '/v1/chat/completions', body })
    const events = stream.split('\n\n').filter((event) => event.startsWith('data: '))
    hold(events.at(-1) === 'data: [DONE]', `the stream ends with ${events.at(-1) ?? 'nothing'}`)
    const chunks = events.slice(0, -1).map((event) => jsonOf(event.slice('data: '.length)))
    hold(
      chunks.every((chunk) => typeof chunk === 'object' && chunk !== null && 'choices' in chunk),
      `a text became an event of the stream: ${stream}`,
    )
    hold(
      stream.split('\n').every((line) => line === '' || line.startsWith('data: ')),
      'a text became a line of the stream',
    )
  },
}

export const LYING_MODEL: readonly Attack[] = [callsTools, forgesEvents]
