import { describeAttachment } from './attachments.ts'
import { blocksOf, type MessagesRequest, type RequestBlock } from './request-shape.ts'

/** What the user said last, and the tool results that came with it. */
export interface Question {
  readonly text: string
  readonly results: readonly ToolResult[]
  /** What came with it, each in a few words. */
  readonly attachments: readonly string[]
  /** Which question of the conversation this is, from 1. */
  readonly turn: number
  /** The system prompt without what Claude Code puts before it; empty when the caller gave none. */
  readonly system: string
}

export interface ToolResult {
  readonly tool: string
  readonly text: string
  readonly attachments: readonly string[]
  readonly failed: boolean
}

export function lastQuestion(request: MessagesRequest): Question {
  const questions = request.messages.filter(({ role }) => role === 'user')
  const blocks = blocksOf(questions.at(-1)?.content)
  return {
    text: spoken(blocks),
    results: blocks.flatMap((block) => (block.type === 'tool_result' ? [readResult(request, block)] : [])),
    attachments: attached(blocks),
    turn: questions.filter(({ content }) => blocksOf(content).some(({ type }) => type !== 'tool_result')).length,
    system: spoken(blocksOf(request.system ?? undefined).filter(isNotIntroduction)),
  }
}

/** "You are a Claude agent, built on Anthropic's Claude Agent SDK." and its kin: a block of one sentence. */
const INTRODUCTION = /^You are (?:a Claude agent|Claude Code), [^\n]{1,120}\.$/

/** Claude Code introduces itself to the model ahead of every system prompt, also where the caller gave none. */
function isNotIntroduction(block: RequestBlock): boolean {
  return block.type !== 'text' || !INTRODUCTION.test(block.text)
}

function spoken(blocks: readonly RequestBlock[]): string {
  return blocks
    .flatMap((block) => (block.type === 'text' ? [withoutReminders(block.text)] : []))
    .filter((text) => text !== '')
    .join('\n')
}

function attached(blocks: readonly RequestBlock[]): string[] {
  return blocks.flatMap((block) =>
    block.type === 'image' || block.type === 'document' ? [describeAttachment(block)] : [],
  )
}

/** Claude Code adds reminders of its own, as blocks or at the end of a tool result. */
function withoutReminders(text: string): string {
  let kept = text
  while (kept.trimEnd().endsWith('</system-reminder>')) {
    const start = kept.lastIndexOf('<system-reminder>')
    if (start === -1) break
    kept = kept.slice(0, start).trimEnd()
  }
  return kept
}

function readResult(request: MessagesRequest, result: Extract<RequestBlock, { type: 'tool_result' }>): ToolResult {
  const calls = request.messages
    .flatMap(({ content }) => blocksOf(content))
    .filter((block) => block.type === 'tool_use')
  return {
    tool: calls.findLast(({ id }) => id === result.tool_use_id)?.name ?? 'a tool',
    text: spoken(blocksOf(result.content ?? undefined)),
    attachments: attached(blocksOf(result.content ?? undefined)),
    failed: result.is_error === true,
  }
}
