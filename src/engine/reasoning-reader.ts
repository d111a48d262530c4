/** Reads what the model thought, as the model API sealed it, and which calls came after it, out of the events of one answer. */
import type { Thought } from '../turn/thoughts.ts'
import type { SealedReasoning } from '../turn/turn.ts'
import type { SDKMessage } from './claude-code.ts'

type StreamEvent = Extract<SDKMessage, { type: 'stream_event' }>['event']
type StartedBlock = Extract<StreamEvent, { type: 'content_block_start' }>['content_block']

export interface AnsweredCalls {
  readonly callIds: readonly string[]
  readonly thoughts: readonly Thought[]
}

export class ReasoningReader implements AnsweredCalls {
  readonly callIds: string[] = []
  readonly thoughts: Thought[] = []
  #said = 0
  /** The thinking that comes. */
  #open: { thinking: string; signature: string } | undefined

  read(event: StreamEvent): void {
    if (event.type === 'content_block_start') this.#begin(event.content_block)
    if (event.type === 'content_block_delta') this.#readDelta(event.delta)
    if (event.type === 'content_block_stop') this.#end()
  }

  #begin(block: StartedBlock): void {
    this.#open = undefined
    if (block.type === 'tool_use') this.callIds.push(block.id)
    if (block.type === 'thinking') this.#open = { thinking: block.thinking, signature: block.signature }
    if (block.type === 'redacted_thinking') this.#note({ type: 'redacted_thinking', data: block.data })
  }

  #readDelta(delta: Extract<StreamEvent, { type: 'content_block_delta' }>['delta']): void {
    if (delta.type === 'text_delta') this.#said += delta.text.length
    if (this.#open === undefined) return
    if (delta.type === 'thinking_delta') this.#open.thinking += delta.thinking
    if (delta.type === 'signature_delta') this.#open.signature = delta.signature
  }

  /** Without a signature the model API would not take it back. */
  #end(): void {
    const thought = this.#open
    this.#open = undefined
    if (thought !== undefined && thought.signature !== '') this.#note({ type: 'thinking', ...thought })
  }

  #note(sealed: SealedReasoning): void {
    this.thoughts.push({ sealed, textBefore: this.#said, callsBefore: this.callIds.length })
  }
}
