/** What a user can ask of the demo itself, in a text such as `demo error 529`. */
import { STOP_REASONS, type StopReason } from './answer.ts'

export type DemoCommand =
  | { readonly type: 'error'; readonly status: number }
  | { readonly type: 'stop'; readonly reason: StopReason }
  | { readonly type: 'slow' }
  | { readonly type: 'long'; readonly words: number }
  /** JSON of another form than was asked for. */
  | { readonly type: 'invalid' }

const MOST_WORDS = 1_000_000

export function findDemoCommand(text: string): DemoCommand | undefined {
  const [, word, value = ''] = /\bdemo (error|stop|refuse|slow|long|invalid)\b(?: (\w+))?/i.exec(text) ?? []
  switch (word?.toLowerCase()) {
    case 'error':
      return /^[45]\d\d$/.test(value) ? { type: 'error', status: Number(value) } : undefined
    case 'stop': {
      const reason = STOP_REASONS.find((known) => known === value)
      return reason === undefined ? undefined : { type: 'stop', reason }
    }
    case 'refuse':
      return { type: 'stop', reason: 'refusal' }
    case 'slow':
      return { type: 'slow' }
    case 'invalid':
      return value === 'json' ? { type: 'invalid' } : undefined
    case 'long':
      return /^\d+$/.test(value) ? { type: 'long', words: Math.min(Number(value), MOST_WORDS) } : undefined
    default:
      return undefined
  }
}
