import type { SealedReasoning } from './turn.ts'

/**
 * What a model thought before it called functions. The model API wants it back, as it was, with the results of the calls:
 * whoever keeps a conversation keeps this with it, and gives it back with the turns that go on.
 */
export interface Thoughts {
  /** The calls that came after it, by their ids in the conversation. */
  readonly callIds: readonly string[]
  /** The model that was asked for: it alone can read what it thought. */
  readonly asked: string
  /** As the model API named it in its answer. */
  readonly answeredBy: string
  /** Empty where it could have thought and did not. */
  readonly thoughts: readonly Thought[]
}

export interface Thought {
  readonly sealed: SealedReasoning
  /** Where it stood: after so many characters of text, and so many calls. */
  readonly textBefore: number
  readonly callsBefore: number
}
