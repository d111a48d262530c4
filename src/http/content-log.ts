/** What is asked and answered, for the log of an operator who looks for a fault. Secrets are taken out where the line is written. */
import type { Logger } from '../log.ts'
import type { Reply } from './reply.ts'
import type { Handler } from './route.ts'

/** In characters: of one text, and of all texts of a value. */
const MOST = { ofText: 2000, ofAll: 100_000 }
/** Values that are shown of a list or an object with many. */
const MOST_VALUES = 5000

/** The same handler, with what is asked and answered in the log; of a stream, an event a line. */
export function loggingContent(handle: Handler): Handler {
  return async (context) => {
    const { log, body } = context
    log.trace({ body: shownContent(body) }, 'request body')
    return logAnswer(await handle(context), log)
  }
}

function logAnswer(reply: Reply, log: Logger): Reply {
  if (reply.kind === 'events') return { ...reply, events: logEvents(reply.events, log) }
  log.trace({ status: reply.status, body: shownContent(reply.body) }, 'answer')
  return reply
}

async function* logEvents(events: AsyncIterable<unknown>, log: Logger): AsyncGenerator {
  for await (const event of events) {
    log.trace({ event: shownContent(event) }, 'answer event')
    yield event
  }
}

/** JSON with its long texts cut, so that a body of many megabytes makes no such line. */
export function shownContent(value: unknown): unknown {
  let characters = MOST.ofAll
  let values = MOST_VALUES
  const showText = (text: string): string => {
    const most = Math.min(MOST.ofText, characters)
    characters -= Math.min(text.length, most)
    if (text.length <= most) return text
    // Half a secret is not known for one: a text ends with a whole word.
    const cut = Math.max(text.lastIndexOf(' ', most), text.lastIndexOf('\n', most), 0)
    return `${text.slice(0, cut)}… (${text.length} characters)`
  }
  const show = (part: unknown): unknown => {
    values -= 1
    if (values < 0) return '…'
    if (typeof part === 'string') return showText(part)
    if (Array.isArray(part)) return part.slice(0, values + 1).map(show)
    if (typeof part !== 'object' || part === null) return part
    const entries = Object.entries(part).slice(0, values + 1)
    return Object.fromEntries(entries.map(([name, inner]) => [showText(name), show(inner)]))
  }
  return show(value)
}
