/** Claude Code's own list of models, in neutral words. */
import { z } from 'zod'
import type { Model } from '../turn/model.ts'
import { EFFORTS } from '../turn/turn.ts'
import type { ModelInfo } from './claude-code.ts'

/** `supportsThinkingOff` is sent by 2.1.330 but not in the SDK's types. */
const thinkingOff = z.object({ supportsThinkingOff: z.boolean().optional() })

/** One model per full id; rows that name the same one are its aliases. */
export function toModels(rows: readonly ModelInfo[]): Model[] {
  const models = new Map<string, Model>()
  for (const row of rows) {
    const id = row.resolvedModel ?? row.value
    const known = models.get(id)
    const aliases = row.value === id ? [] : [row.value]
    if (known === undefined) models.set(id, { ...describe(row, id), aliases })
    // The row named `default` describes its choice in general words: a model's own row says it better.
    else if (known.aliases.includes('default'))
      models.set(id, { ...describe(row, id), aliases: [...known.aliases, ...aliases] })
    else models.set(id, { ...known, aliases: [...known.aliases, ...aliases] })
  }
  return [...models.values()]
}

function describe(row: ModelInfo, id: string): Omit<Model, 'aliases'> {
  const levels = row.supportedEffortLevels ?? []
  return {
    id,
    displayName: row.displayName,
    description: row.description,
    efforts: EFFORTS.filter((effort) => levels.includes(effort)),
    thinkingCanBeOff: thinkingOff.safeParse(row).data?.supportsThinkingOff ?? true,
  }
}
