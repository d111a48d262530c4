/**
 * Runs beside the server and looks whether it still comes round. Where it does not, it asks V8 what is being run, which also
 * interrupts a loop or a regular expression for some milliseconds. It writes nothing by itself while that may still end.
 */
import { writeSync } from 'node:fs'
import { type Debugger, type InspectorNotification, Session } from 'node:inspector'
import { parentPort, workerData } from 'node:worker_threads'
import type { Held, WatchdogData } from './watchdog.ts'

/** Whoever waits for the log then waits too long: the server may never come round again. */
const HOPELESS_MS = 10_000
/** What of a stack is worth a line in the log. */
const MOST_FRAMES = 30

// The boundary: what `watchdog.ts` has started this thread with.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const { beats, timeoutMs, pollMs } = workerData as WatchdogData

let seen = Atomics.load(beats, 0)
let seenAt = performance.now()
let lookedAt = performance.now()
/** Of the time that it is held; undefined while it is not. */
let stack: Promise<string> | undefined
let isTold = false

setInterval(() => {
  const now = performance.now()
  // This thread stood still as well: the machine slept, or the whole process was stopped. That is nobody's work.
  const wasAsleep = now - lookedAt > pollMs + timeoutMs / 2
  lookedAt = now
  const beat = Atomics.load(beats, 0)
  const heldMs = Math.round(now - seenAt)
  if (beat !== seen || wasAsleep) {
    if (stack !== undefined) void stack.then((text) => tell({ heldMs, stack: text }))
    seen = beat
    seenAt = now
    stack = undefined
    isTold = false
    return
  }
  if (heldMs >= timeoutMs) stack ??= readStack()
  if (heldMs < HOPELESS_MS || isTold) return
  isTold = true
  void stack?.then((text) => writeSync(process.stderr.fd, `dragoman: held up for ${heldMs} ms by\n${text}\n`))
}, pollMs)

function tell(held: Held): void {
  parentPort?.postMessage(held)
}

/** Resolves when the main thread has been stopped, read and let go on, with nothing where that takes too long. */
function readStack(): Promise<string> {
  return new Promise((resolve) => {
    const session = new Session()
    const files = new Map<string, string>()
    const finish = (text: string): void => {
      clearTimeout(patience)
      session.disconnect()
      resolve(text)
    }
    // A native function, such as one that parses JSON, is not interrupted.
    const patience = setTimeout(() => finish(''), HOPELESS_MS)
    session.connectToMainThread()
    session.on('Debugger.scriptParsed', ({ params }) => files.set(params.scriptId, params.url))
    session.on('Debugger.paused', ({ params }: InspectorNotification<Debugger.PausedEventDataType>) => {
      const text = params.callFrames.slice(0, MOST_FRAMES).map((frame) => lineOf(frame, files))
      session.post('Debugger.resume', () => finish(text.join('\n')))
    })
    session.post('Debugger.enable')
    session.post('Debugger.pause')
  })
}

function lineOf({ functionName, location }: Debugger.CallFrame, files: ReadonlyMap<string, string>): string {
  const { scriptId, lineNumber, columnNumber = 0 } = location
  const name = functionName === '' ? '(anonymous)' : functionName
  return `    at ${name} (${files.get(scriptId) ?? ''}:${lineNumber + 1}:${columnNumber + 1})`
}
