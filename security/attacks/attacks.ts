/** All that is tried. A line here is all it takes to try something more. */
import type { Attack } from './attack.ts'
import { BOMBS } from './bombs.ts'
import { DOOR } from './door.ts'
import { FRAMING } from './framing.ts'
import { LYING_MODEL } from './lying-model.ts'
import { OTHERS } from './others.ts'
import { SLOW } from './slow.ts'
import { TEXT_FIELDS } from './text-fields.ts'
import { TOOLS } from './tools.ts'
import { WEIGHT } from './weight.ts'

export const ATTACKS: readonly Attack[] = [
  ...DOOR,
  ...TEXT_FIELDS,
  ...TOOLS,
  ...LYING_MODEL,
  ...OTHERS,
  ...FRAMING,
  ...BOMBS,
  ...WEIGHT,
  ...SLOW,
]
