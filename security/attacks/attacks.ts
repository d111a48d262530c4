/** All that is tried. A line here is all it takes to try something more. */
import type { Attack } from './attack.ts'
import { BODIES } from './bodies.ts'
import { FRAMING } from './framing.ts'
import { KEYS } from './keys.ts'
import { LYING_MODEL } from './lying-model.ts'
import { OTHERS } from './others.ts'
import { PAGES } from './pages.ts'
import { SCHEMAS_AND_FILES } from './schemas-and-files.ts'
import { SLOW } from './slow.ts'
import { SPELLINGS } from './spellings.ts'
import { TEXT_FIELDS } from './text-fields.ts'
import { TOOLS } from './tools.ts'
import { VALUES } from './values.ts'
import { WEIGHT } from './weight.ts'

export const ATTACKS: readonly Attack[] = [
  ...KEYS,
  ...PAGES,
  ...SPELLINGS,
  ...TEXT_FIELDS,
  ...TOOLS,
  ...LYING_MODEL,
  ...OTHERS,
  ...FRAMING,
  ...BODIES,
  ...VALUES,
  ...SCHEMAS_AND_FILES,
  ...WEIGHT,
  ...SLOW,
]
