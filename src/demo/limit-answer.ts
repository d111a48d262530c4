/** Cuts an answer where `stop_sequences` or `max_tokens` say so. */
import type { Answer, AnswerBlock, TextAnswer } from './answer.ts'
import { charactersOf } from './count-tokens.ts'

type Limited = Pick<Answer, 'blocks' | 'stopReason' | 'stopSequence'>

export function limitAnswer(answer: Limited, maxTokens: number, stopSequences: readonly string[]): Limited {
  return limitLength(limitStop(answer, stopSequences), charactersOf(maxTokens))
}

/** Sequences are looked for in the text only, and what matches is not part of it. */
function limitStop(answer: Limited, stopSequences: readonly string[]): Limited {
  for (const [index, block] of answer.blocks.entries()) {
    if (block.type !== 'text') continue
    const match = firstMatch(block, stopSequences)
    if (match === undefined) continue
    const kept = cut(block, match.at)
    return {
      blocks: [...answer.blocks.slice(0, index), ...(kept === undefined ? [] : [kept])],
      stopReason: 'stop_sequence',
      stopSequence: match.sequence,
    }
  }
  return answer
}

function firstMatch(
  { pieces }: TextAnswer,
  sequences: readonly string[],
): { at: number; sequence: string } | undefined {
  const text = pieces.join('')
  return sequences
    .map((sequence) => ({ at: text.indexOf(sequence), sequence }))
    .filter(({ at }) => at !== -1)
    .toSorted((a, b) => a.at - b.at)[0]
}

function limitLength(answer: Limited, characters: number): Limited {
  let left = characters
  const blocks: AnswerBlock[] = []
  for (const block of answer.blocks) {
    const length = lengthOf(block)
    if (length > left) {
      const kept = cut(block, left)
      return { blocks: kept === undefined ? blocks : [...blocks, kept], stopReason: 'max_tokens', stopSequence: null }
    }
    blocks.push(block)
    left -= length
  }
  return answer
}

export function lengthOf(block: AnswerBlock): number {
  return block.pieces.reduce((length, piece) => length + piece.length, 0)
}

/** A block with its first characters only; none when nothing is left of it. */
function cut(block: AnswerBlock, characters: number): AnswerBlock | undefined {
  const pieces: string[] = []
  let left = characters
  for (const piece of block.pieces) {
    if (left <= 0) break
    const kept = piece.length <= left ? piece : wholeCharacters(piece.slice(0, left))
    if (kept !== '') pieces.push(kept)
    left -= piece.length
  }
  return pieces.length === 0 ? undefined : { ...block, pieces }
}

/** Half of a surrogate pair at the end would not survive UTF-8. */
function wholeCharacters(text: string): string {
  return /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text
}
