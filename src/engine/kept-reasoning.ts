/**
 * What the models thought before they called functions. The model API wants it back, signed as it was, with the calls;
 * callers give back the calls alone. A process still has it in its conversation; any other process has it from here.
 */
import type { Capabilities } from '../turn/capabilities.ts'
import type { Thought, Thoughts } from '../turn/thoughts.ts'
import type { Block, Message, ReasoningBlock, Turn } from '../turn/turn.ts'
import { TurnFailure } from '../turn/turn-failure.ts'
import type { AnsweredCalls } from './reasoning-reader.ts'

export interface Answered {
  readonly turn: Turn
  /** The model as the model API named it in its answer. */
  readonly answeredBy: string
  readonly couldThink: boolean
}

export interface KeptReasoning {
  /** @returns what whoever keeps the conversation should keep with it, if anything */
  keep(answered: Answered, answer: AnsweredCalls): Thoughts | undefined
  /**
   * The turn with all reasoning that is known. Where calls wait for their results and what was thought before them is not
   * known, the model API would refuse the turn: it is asked without thinking, if the model can do without.
   */
  recall(turn: Turn): Turn
  /** What to ask instead, where the model API refused the reasoning of the turn; undefined where that was not why. */
  afterRefusal(error: unknown, turn: Turn): Turn | undefined
}

export interface KeptReasoningLimits {
  readonly answers: number
  readonly bytes: number
  /** Milliseconds from the last use. */
  readonly ttlMs: number
}

export interface KeptReasoningParts {
  /** By this name a model is the same, whatever it is asked for by. */
  readonly modelId: (name: string) => string
  readonly capabilities: (name: string) => Pick<Capabilities, 'thinkingCanBeOff'>
  readonly limits?: KeptReasoningLimits
  readonly now?: () => number
}

const LIMITS: KeptReasoningLimits = { answers: 20_000, bytes: 32 * 1024 * 1024, ttlMs: 3_600_000 }

interface Entry {
  readonly keys: readonly string[]
  /** The model that was asked for: it alone can read what it thought. */
  readonly asked: string
  readonly answeredBy: string
  readonly thoughts: readonly Thought[]
  readonly bytes: number
  usedAt: number
}

/** `messages.1.content.0.type: Expected `thinking` or …`, `messages.1.content.0: Invalid `signature` in `thinking` block` */
const REFUSAL = /messages\.\d+.*`(?:redacted_)?thinking`/s
const MISSING = /Expected `thinking`/

/** Names of models come from callers. */
const MOST_STRICT = 500

export function createKeptReasoning({
  modelId,
  capabilities,
  limits = LIMITS,
  now = () => performance.now(),
}: KeptReasoningParts): KeptReasoning {
  const store = createStore(limits, now)
  /** Models that have refused calls before which they had chosen not to think. */
  const strict = new Set<string>()

  const find = (turn: Turn, message: Message): Entry | undefined => {
    const [first] = callIdsOf(message)
    const entry = first === undefined ? undefined : store.get(keyOf(turn.principal.id, first))
    return entry?.asked === modelId(turn.model) ? entry : undefined
  }
  /** Whether the calls that wait for their results have nothing before them that should be there. */
  const lacksReasoning = (turn: Turn): boolean => {
    const last = turn.conversation.findLast(({ role }) => role === 'assistant')
    if (last === undefined || callIdsOf(last).length === 0) return false
    const entry = find(turn, last)
    return entry === undefined || (entry.thoughts.length === 0 && strict.has(entry.asked))
  }
  const withoutThinking = (turn: Turn): Turn =>
    capabilities(turn.model).thinkingCanBeOff ? { ...turn, thinking: 'off' } : turn

  return {
    keep: ({ turn, answeredBy, couldThink }, { callIds, thoughts }) => {
      if (callIds.length === 0) return undefined
      const keys = callIds.map((id) => keyOf(turn.principal.id, id))
      // That a model did not think is worth knowing where it could have.
      if (thoughts.length === 0 && !couldThink) {
        store.forget(keys)
        return undefined
      }
      const asked = modelId(turn.model)
      store.put({ keys, asked, answeredBy, thoughts })
      return { callIds, asked, answeredBy, thoughts }
    },
    recall: (turn) => {
      for (const { callIds, ...given } of turn.thoughts ?? []) {
        const keys = callIds.map((id) => keyOf(turn.principal.id, id))
        if (keys.some((key) => store.get(key) === undefined)) store.put({ ...given, keys })
      }
      const conversation = turn.conversation.map((message) => {
        const entry = message.role === 'assistant' ? find(turn, message) : undefined
        return entry === undefined ? message : { ...message, content: weave(message.content, entry) }
      })
      const recalled = { ...turn, conversation }
      return lacksReasoning(turn) ? withoutThinking(recalled) : recalled
    },
    afterRefusal: (error, turn) => {
      if (!(error instanceof TurnFailure) || error.kind !== 'upstream_invalid_request') return undefined
      if (!REFUSAL.test(error.message)) return undefined
      const isMissing = MISSING.test(error.message)
      const wasGivenBack = turn.conversation.some((message) => (find(turn, message)?.thoughts ?? []).length > 0)
      if (isMissing && strict.size < MOST_STRICT) strict.add(modelId(turn.model))
      store.forget(turn.conversation.flatMap(callIdsOf).map((id) => keyOf(turn.principal.id, id)))
      const bare = withoutThinking(turn)
      // What is there can be bound to all that stood before it, which may have changed, also in a process that held it.
      return isMissing && !wasGivenBack && bare === turn ? undefined : bare
    },
  }
}

function keyOf(principalId: string, callId: string): string {
  return JSON.stringify([principalId, callId])
}

function callIdsOf({ content }: Message): string[] {
  return content.flatMap((block) => (block.type === 'tool_call' ? [block.id] : []))
}

/** What was thought, between what was said and called after it. */
function weave(content: readonly Block[], { thoughts, answeredBy }: Entry): Block[] {
  const waiting = [...thoughts]
  const woven: Block[] = []
  const think = (): void => {
    const next = waiting.shift()
    if (next === undefined) return
    woven.push({ type: 'reasoning', model: answeredBy, sealed: next.sealed } satisfies ReasoningBlock)
  }
  let said = 0
  let calls = 0
  for (const block of content) {
    if (block.type === 'text') {
      let rest = block.text
      for (let next = waiting[0]; next?.callsBefore === 0 && next.textBefore < said + rest.length; [next] = waiting) {
        const cut = Math.max(0, next.textBefore - said)
        const [before, after] = [rest.slice(0, cut), rest.slice(cut)]
        // Blank text is none to the model API.
        if (after.trim() === '') break
        if (before.trim() !== '') {
          woven.push({ type: 'text', text: before })
          rest = after
          said += before.length
        }
        think()
      }
      said += rest.length
      woven.push({ type: 'text', text: rest })
      continue
    }
    if (block.type === 'tool_call') {
      while (waiting[0] !== undefined && waiting[0].callsBefore <= calls) think()
      calls += 1
    }
    woven.push(block)
  }
  return woven
}

interface Store {
  get(key: string): Entry | undefined
  put(entry: Omit<Entry, 'bytes' | 'usedAt'>): void
  forget(keys: readonly string[]): void
}

/** Least recently used first. */
function createStore(limits: KeptReasoningLimits, now: () => number): Store {
  const entries = new Map<string, Entry>()
  const answers = new Set<Entry>()
  let bytes = 0

  const drop = (entry: Entry): void => {
    if (!answers.delete(entry)) return
    bytes -= entry.bytes
    for (const key of entry.keys) if (entries.get(key) === entry) entries.delete(key)
  }
  const isOld = ({ usedAt }: Entry): boolean => now() - usedAt > limits.ttlMs
  const forget = (keys: readonly string[]): void => {
    for (const key of keys) {
      const entry = entries.get(key)
      if (entry !== undefined) drop(entry)
    }
  }
  return {
    get: (key) => {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      if (isOld(entry)) {
        drop(entry)
        return undefined
      }
      entry.usedAt = now()
      answers.delete(entry)
      answers.add(entry)
      return entry
    },
    put: (kept) => {
      forget(kept.keys)
      const entry = { ...kept, bytes: JSON.stringify(kept).length, usedAt: now() }
      for (const key of entry.keys) entries.set(key, entry)
      answers.add(entry)
      bytes += entry.bytes
      for (const oldest of answers) {
        if (answers.size <= limits.answers && bytes <= limits.bytes && !isOld(oldest)) break
        drop(oldest)
      }
    },
    forget,
  }
}
