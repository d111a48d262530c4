/** What a process has in its conversation, as far as it has to be known to go on from it or to cut it away. */
import type { Message } from '../turn/turn.ts'
import { extendDigest } from './conversation-digest.ts'

/** What a process was started with. */
export interface Beginning {
  /** Ids of the first and the last user message. */
  readonly firstUser: string
  readonly lastUser: string
  /** The digests of its messages. */
  readonly chain: readonly string[]
}

export class Memory {
  #first: string | undefined
  #last: string | undefined
  #digest = ''
  #length = 0
  #callIds: readonly string[] = []

  /** Messages that a following turn need not send again; 0 when the process has to be reset first, or holds nothing. */
  get length(): number {
    return this.#length
  }

  /** The ids under which the process knows the calls of its last answer, which their results have to name. */
  get callIds(): readonly string[] {
    return this.#callIds
  }

  /** The first and the last user message that were sent, where any was. */
  get span(): { readonly first: string; readonly last: string } | undefined {
    return this.#first === undefined || this.#last === undefined ? undefined : { first: this.#first, last: this.#last }
  }

  /** The process was started with this conversation. */
  beginWith({ firstUser, lastUser, chain }: Beginning): void {
    this.#first = firstUser
    this.#last = lastUser
    this.#digest = chain.at(-1) ?? ''
    this.#length = chain.length
    this.#callIds = []
  }

  /** A user message goes to the process. */
  noteUser(uuid: string): void {
    this.#first ??= uuid
    this.#last = uuid
  }

  /** The process holds this conversation, ended by this answer, and nothing else. */
  remember(chain: readonly string[], answer: Message): void {
    this.#digest = extendDigest(chain.at(-1) ?? '', answer)
    this.#length = chain.length + 1
    this.#callIds = answer.content.flatMap((block) => (block.type === 'tool_call' ? [block.id] : []))
  }

  /** Whether a turn with these digests goes on exactly from here. */
  isContinuedBy(chain: readonly string[]): boolean {
    return this.#length > 0 && chain.length > this.#length && chain[this.#length - 1] === this.#digest
  }

  forget(): void {
    this.#first = undefined
    this.#last = undefined
    this.#digest = ''
    this.#length = 0
    this.#callIds = []
  }
}
