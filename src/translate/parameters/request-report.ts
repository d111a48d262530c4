/** What becomes of each parameter of a chat request, and what would make it better. */
import type { Capabilities } from '../../turn/capabilities.ts'
import { findModel, type Model } from '../../turn/model.ts'
import type { Block, Turn } from '../../turn/turn.ts'
import type { ReportedModel, ReportedParameter } from '../../wire/request-report.ts'
import { clip } from '../../wire/quote.ts'
import type { Dropped, Judgement } from './fates.ts'

const UNKNOWN = 'Not a parameter of this endpoint: dropped.'
const NOTHING_ASKED = 'This value asks for nothing beyond what happens anyway.'
/** A body may have as many as it likes. */
const MOST_UNKNOWN = 50

/**
 * @param ignored what the model of the request does not take
 * @param known the names of all parameters
 */
export function reportParameters(
  body: unknown,
  judgements: readonly Judgement[],
  ignored: readonly Dropped[],
  known: readonly string[],
): ReportedParameter[] {
  const judged = judgements.flatMap(({ parameter, kind, why, dropped }): ReportedParameter[] => {
    const fate = kind === 'rejected' ? ('rejected' as const) : ('ignored' as const)
    const lost = [...dropped, ...ignored.filter(({ name }) => name === parameter || name.startsWith(`${parameter}[`))]
    const whole = lost.find(({ name }) => name === parameter)
    const parts = lost.filter(({ name }) => name !== parameter)
    const kept = kind === 'mapped' ? why : NOTHING_ASKED
    return [
      { name: parameter, ...(whole === undefined ? { fate: 'mapped' as const, why: kept } : { fate, why: whole.why }) },
      ...parts.map((part) => ({ ...part, fate })),
    ]
  })
  const names = typeof body === 'object' && body !== null ? Object.keys(body) : []
  const unknown = names.filter((name) => !known.includes(name)).slice(0, MOST_UNKNOWN)
  return [...judged, ...unknown.map((name) => ({ name: clip(name), fate: 'unknown' as const, why: UNKNOWN }))]
}

export function reportModel(
  { requested, name }: { readonly requested: string; readonly name: string },
  models: readonly Model[],
  capabilities: Capabilities,
): ReportedModel {
  const { sampling, forcedToolChoice, outputSchema, strictTools, thinkingCanBeOff } = capabilities
  return {
    requested,
    name,
    id: findModel(models, name)?.id ?? null,
    capabilities: {
      sampling,
      forced_tool_choice: forcedToolChoice,
      output_schema: outputSchema,
      strict_tools: strictTools,
      thinking_can_be_off: thinkingCanBeOff,
    },
  }
}

/** @param samplers models that take sampling parameters */
export function suggest(
  parameters: readonly ReportedParameter[],
  model: ReportedModel | null,
  samplers: readonly string[],
): string[] {
  return parameters.flatMap(({ name, fate, why }) => {
    switch (fate) {
      case 'mapped':
        return []
      case 'unknown':
        return [`Leave out '${name}', or look for its right name.`]
      case 'ignored':
        if (isSampling(name) && model?.capabilities.sampling === 'none' && samplers.length > 0)
          return [`Leave out '${name}', or ask a model that takes it, such as '${samplers[0]}'. ${why}`]
        return [`Leave out '${name}'. ${why}`]
      case 'rejected':
        return [`Leave out '${name}'. ${why}`]
    }
  })
}

function isSampling(name: string): boolean {
  return name === 'temperature' || name === 'top_p' || name === 'top_k'
}

/** A turn for people to read: what is long and no text is only measured. */
export function showTurn(turn: Turn): Record<string, unknown> {
  return {
    ...turn,
    conversation: turn.conversation.map(({ role, content }) => ({ role, content: content.map(showBlock) })),
  }
}

function showBlock(block: Block): unknown {
  switch (block.type) {
    case 'text':
    case 'tool_call':
    case 'reasoning':
      return block
    case 'image':
    case 'document':
      return 'data' in block.source
        ? { ...block, source: { ...block.source, data: measured(block.source.data) } }
        : block
    case 'tool_result':
      return { ...block, content: block.content.map(showBlock) }
  }
}

function measured(data: string): string {
  return `(${data.length} characters)`
}
