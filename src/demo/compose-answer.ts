/** The demo's few honest rules: it says what it is, repeats and counts what it was told, and does what it can be asked for. */
import { type Answer, type AnswerBlock, inWords } from './answer.ts'
import { type AskedJson, findAskedJson } from './asked-json.ts'
import { callTools } from './call-tools.ts'
import type { DemoCommand } from './demo-commands.ts'
import type { Question, ToolResult } from './last-question.ts'
import type { ModelKind } from './model-kinds.ts'
import type { MessagesRequest } from './request-shape.ts'
import { sampleOfSchema } from './sample-of-schema.ts'
import { thinks } from './validate-thinking.ts'

const WHO =
  "This is Dragoman's demo model, not a real one: it needs no account and no internet, and knows only a few rules."
/** A longer text is repeated up to here only. */
const MOST_ECHOED = 400

type Composed = Pick<Answer, 'blocks' | 'stopReason' | 'stopSequence'>

export function composeAnswer(
  request: MessagesRequest,
  kind: ModelKind,
  question: Question,
  command: DemoCommand | undefined,
  newId: (prefix: string) => string,
): Composed {
  const thinking = wantsThinking(request, kind, question.text) ? [think(request, question)] : []
  const calls = command === undefined ? callTools(request, question.text, newId) : []
  if (calls.length > 0) {
    return {
      blocks: [...thinking, ...(isForced(request) ? [] : [say(`${WHO} It calls what you asked for.`)]), ...calls],
      stopReason: 'tool_use',
      stopSequence: null,
    }
  }
  const stopReason = command?.type === 'stop' ? command.reason : 'end_turn'
  const stopSequence = stopReason === 'stop_sequence' ? (request.stop_sequences?.[0] ?? null) : null
  const text = words(request, question, command)
  // JSON may have no white space to be cut at.
  const said = isJson(request) ? { type: 'text' as const, pieces: text.match(/.{1,12}/gsu) ?? [] } : say(text)
  return { blocks: [...thinking, said], stopReason, stopSequence }
}

/** The API lets no words go before a call that is forced. */
function isForced({ tool_choice: choice }: MessagesRequest): boolean {
  return choice?.type === 'any' || choice?.type === 'tool'
}

function isJson({ output_config: config }: MessagesRequest): boolean {
  return config?.format !== undefined && config.format !== null
}

function words(request: MessagesRequest, question: Question, command: DemoCommand | undefined): string {
  const native = request.output_config?.format?.schema
  const asked = native === undefined ? findAskedJson(question.system) : { schema: native }
  if (command?.type === 'invalid') return invalidJson(asked)
  if (command?.type === 'long') return manyWords(command.words)
  if (command?.type === 'stop') return `${WHO} It stops here with \`${command.reason}\`, as you asked.`
  if (native !== undefined) return JSON.stringify(sampleOfSchema(native))
  // As models do that are only told: the JSON is somewhere in the answer.
  if (asked === 'any')
    return `Here it is:\n\n\`\`\`json\n${JSON.stringify({ message: inPlainWords(question) })}\n\`\`\``
  if (asked !== undefined) return `\`\`\`json\n${JSON.stringify(sampleOfSchema(asked.schema), undefined, 2)}\n\`\`\``
  const name = rememberedName(request, question)
  return name === undefined ? inPlainWords(question) : `${WHO} You said that your name is ${name}.`
}

/** A list where something else is asked for, and an object in the place of a list. */
function invalidJson(asked: AskedJson | undefined): string {
  const isList = asked !== undefined && asked !== 'any' && asked.schema['type'] === 'array'
  return JSON.stringify(isList ? { invalid: true } : ['invalid'])
}

/** What a conversation is good for: what was said before. */
function rememberedName({ messages }: MessagesRequest, { text }: Question): string | undefined {
  if (!/\bmy name\?/i.test(text)) return undefined
  const said = messages.filter(({ role }) => role === 'user').map(({ content }) => JSON.stringify(content))
  return said.map((each) => /\bmy name is (\p{L}+)/iu.exec(each)?.[1]).findLast((name) => name !== undefined)
}

function inPlainWords(question: Question): string {
  const attached = question.attachments.length === 0 ? [] : [`You attached ${question.attachments.join(', ')}.`]
  if (question.results.length > 0) return [WHO, ...question.results.map(tell), ...attached].join(' ')
  const heard =
    question.text === ''
      ? 'You said nothing in words.'
      : `You said: "${shorten(question.text)}" (${size(question.text)}).`
  const system =
    question.system === '' ? [] : [`Your system prompt: "${shorten(question.system)}" (${size(question.system)}).`]
  return [WHO, heard, ...attached, `This is turn ${question.turn} of the conversation.`, ...system].join(' ')
}

function tell({ tool, text, failed, attachments }: ToolResult): string {
  const verb = failed ? 'failed with' : 'answered'
  const said =
    text === '' ? `The tool ${tool} ${verb} nothing in words.` : `The tool ${tool} ${verb}: "${shorten(text)}".`
  return attachments.length === 0 ? said : `${said} It gave ${attachments.join(', ')}.`
}

/** High effort thinks, and so does a question that asks for it. A system message in mid-conversation may set the effort anew. */
function wantsThinking(request: MessagesRequest, kind: ModelKind, text: string): boolean {
  const later = request.messages.findLast(
    ({ output_config: config }) => config?.effort !== undefined && config.effort !== null,
  )
  const effort = later?.output_config?.effort ?? request.output_config?.effort ?? kind.defaultEffort
  return thinks(request, kind) && ((effort !== 'low' && effort !== 'medium') || /\bthink\b/i.test(text))
}

function think({ thinking }: MessagesRequest, question: Question): AnswerBlock {
  const hidden = thinking !== undefined && thinking !== null && 'display' in thinking && thinking.display === 'omitted'
  const text = `The demo model does not think. It counts: the question has ${size(question.text)}.`
  return { type: 'thinking', pieces: inWords(text), hidden }
}

function say(text: string): AnswerBlock {
  return { type: 'text', pieces: inWords(text) }
}

/** Exactly so many, the first of them the demo's own. */
function manyWords(number: number): string {
  const opening = inWords(WHO).map((word) => word.trim())
  return Array.from({ length: number }, (_, index) => opening[index] ?? `word${index + 1}`).join(' ')
}

function size(text: string): string {
  return `${count(text.match(/\S+/g)?.length ?? 0, 'word')}, ${count(Array.from(text).length, 'character')}`
}

function count(number: number, unit: string): string {
  return `${number} ${unit}${number === 1 ? '' : 's'}`
}

function shorten(text: string): string {
  const characters = Array.from(text.slice(0, MOST_ECHOED * 2))
  return characters.length > MOST_ECHOED ? `${characters.slice(0, MOST_ECHOED).join('')}…` : text
}
