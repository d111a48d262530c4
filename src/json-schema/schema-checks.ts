import { type CheckValue, type Compiled, type CompileSchema, createSchemaCompiler } from './compile-schema.ts'
import type { ThreadReply, ThreadRequest } from './thread-message.ts'

/** What has been compiled is kept up to so many schemas, and so many characters of them. */
const MOST_KEPT = { schemas: 100, characters: 2_000_000 }

/** Compiles the schema of a request unless it is still there, and checks the request's answer against it. */
export function createChecks(
  compileSchema: CompileSchema = createSchemaCompiler(),
): (request: ThreadRequest) => ThreadReply {
  const kept = new Map<string, { readonly compiled: Compiled; readonly characters: number }>()
  let characters = 0

  const compiledOf = ({ key, schema }: ThreadRequest): Compiled => {
    const known = kept.get(key)
    const entry = known ?? { compiled: compileSchema(JSON.parse(schema)), characters: schema.length }
    if (known === undefined) characters += entry.characters
    kept.delete(key)
    kept.set(key, entry)
    for (const [oldest, { characters: its }] of kept) {
      if (oldest === key || (kept.size <= MOST_KEPT.schemas && characters <= MOST_KEPT.characters)) break
      kept.delete(oldest)
      characters -= its
    }
    return entry.compiled
  }

  return (request) => {
    const compiled = compiledOf(request)
    if ('fault' in compiled) return { type: 'fault', fault: compiled.fault }
    return request.answer === undefined ? { type: 'fits' } : judge(request.answer, compiled.check)
  }
}

function judge(answer: string, check: CheckValue): ThreadReply {
  let value: unknown
  try {
    value = JSON.parse(answer)
  } catch {
    return { type: 'misfit', message: 'the answer is not JSON' }
  }
  try {
    const message = check(value)
    return message === undefined ? { type: 'fits' } : { type: 'misfit', message }
  } catch {
    // A reference that leads back to itself exhausts the stack.
    return { type: 'endless' }
  }
}
