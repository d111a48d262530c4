/** Checks as `doctor` and `smoke` show them: a line each with a mark, and below it what to do about it. */
import { styleText } from 'node:util'
import type { Output } from './output.ts'

export interface Finding {
  /** `warning`: works, but not as well as it could. `note`: nothing to do. */
  readonly verdict: 'fine' | 'note' | 'warning' | 'failure'
  readonly topic: string
  readonly text: string
  /** What mends it. */
  readonly remedy?: string
}

const MARKS = {
  fine: ['green', '✓'],
  note: ['gray', '·'],
  warning: ['yellow', '!'],
  failure: ['red', '✗'],
} as const

export function writeFinding(output: Output, { verdict, topic, text, remedy }: Finding): void {
  const [colour, mark] = MARKS[verdict]
  const shownMark = output.isTTY === true ? styleText(colour, mark) : mark
  output.write(`${shownMark} ${topic.padEnd(16)} ${text}\n`)
  if (remedy !== undefined) output.write(`  ${' '.repeat(16)} -> ${remedy}\n`)
}
