/** Checks answers against the JSON Schemas of callers, away from the thread that serves everybody. */
import { createHash } from 'node:crypto'
import type { JsonObject } from '../turn/json.ts'
import { type Asker, createCheckThreads } from './check-threads.ts'
import type { SchemaFault } from './compile-schema.ts'
import type { ThreadRequest } from './thread-message.ts'

/** One of 250 KB with 1,000 properties takes 2 s. */
const COMPILE_MS = 5_000
const CHECK_MS = 2_000
/** Verdicts on schemas that are remembered; for so long where it was a matter of time. */
const MOST_REMEMBERED = 1_000
const REMEMBER_ENDLESS_MS = 60_000
/** What is told of a fault holds words of the schema's, which may be megabytes. */
const MOST_TOLD = { characters: 500, steps: 20 }

/** In characters. Ten times as much as OpenAI takes; beyond, to hand it to a thread takes a tenth of a second and 100 MB. */
const LONGEST = 1_000_000

const TOO_LARGE: SchemaFault = { message: 'it is too large', place: [] }
const ENDLESS: SchemaFault = { message: 'it takes too long to read', place: [] }

export type Verdict =
  | { readonly type: 'fits' }
  | { readonly type: 'misfit'; readonly message: string }
  /** It cannot be told within the time that there is: the schema is at fault. */
  | { readonly type: 'endless' }

/** Both throw what the asker's signal aborts with, and TurnFailure `queue_full` where too many wait. */
export interface SchemaValidator {
  /** What is wrong with a schema; undefined where it can be used. */
  check(schema: JsonObject, asker?: Asker): Promise<SchemaFault | undefined>
  /** Whether `answer`, a text, is JSON that fits a schema that was checked. */
  validate(schema: JsonObject, answer: string, asker?: Asker): Promise<Verdict>
  /** Ends its threads. Checks that are under way fail. */
  close(): Promise<void>
}

export interface SchemaValidatorOptions {
  /** Milliseconds that a thread gets for one schema, and beyond that for an answer. */
  readonly compileMs?: number
  readonly checkMs?: number
  /** The compiled code of the threads. Default: what belongs to this file. */
  readonly thread?: URL
}

/** Starts nothing yet: the first check starts a thread. */
export function createSchemaValidator(options: SchemaValidatorOptions = {}): SchemaValidator {
  const { compileMs = COMPILE_MS, checkMs = CHECK_MS, thread } = options
  const ask = createCheckThreads(thread)
  const remembered = createMemory()
  return {
    async check(schema, asker) {
      const text = JSON.stringify(schema)
      if (text.length > LONGEST) return TOO_LARGE
      const request = requestFor(text)
      const known = remembered.find(request.key)
      if (known !== undefined) return known.fault
      const reply = await ask.run(request, compileMs, asker)
      const isEndless = reply.type === 'endless'
      const fault = isEndless ? ENDLESS : reply.type === 'fault' ? shorten(reply.fault) : undefined
      remembered.add(request.key, fault, isEndless ? REMEMBER_ENDLESS_MS : Infinity)
      return fault
    },
    async validate(schema, answer, asker) {
      const reply = await ask.run({ ...requestFor(JSON.stringify(schema)), answer }, compileMs + checkMs, asker)
      switch (reply.type) {
        case 'fits':
        case 'misfit':
        case 'endless':
          return reply
        case 'fault':
          return { type: 'misfit', message: reply.fault.message }
        case 'ready':
          throw new Error('a thread greeted twice')
      }
    },
    close: ask.close,
  }
}

function requestFor(schema: string): ThreadRequest {
  return { key: createHash('sha256').update(schema).digest('base64'), schema }
}

function shorten({ message, place }: SchemaFault): SchemaFault {
  const short = (text: string): string => text.slice(0, MOST_TOLD.characters)
  return { message: short(message), place: place.slice(0, MOST_TOLD.steps).map(short) }
}

interface Memory {
  find(key: string): { readonly fault: SchemaFault | undefined } | undefined
  add(key: string, fault: SchemaFault | undefined, forMs: number): void
}

function createMemory(): Memory {
  const entries = new Map<string, { readonly fault: SchemaFault | undefined; readonly until: number }>()
  return {
    find(key) {
      const entry = entries.get(key)
      return entry !== undefined && entry.until > performance.now() ? entry : undefined
    },
    add(key, fault, forMs) {
      entries.delete(key)
      entries.set(key, { fault, until: performance.now() + forMs })
      for (const oldest of entries.keys()) {
        if (entries.size <= MOST_REMEMBERED) break
        entries.delete(oldest)
      }
    },
  }
}
