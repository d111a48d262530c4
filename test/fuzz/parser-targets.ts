/** The parsers of single values: images, base64, schemas, stop sequences, halves of characters. */
import { z } from 'zod'
import { ApiError } from '../../src/errors.ts'
import { readImageHeader } from '../../src/image-header.ts'
import { createStopMatcher } from '../../src/engine/stop-matcher.ts'
import { checkTarget } from '../../src/http/request-target.ts'
import { createHostGuard } from '../../src/http/host-guard.ts'
import { createOriginGuard } from '../../src/http/origin-guard.ts'
import { createWholeCharacters } from '../../src/translate/answers/whole-characters.ts'
import { normalBase64 } from '../../src/translate/content/base64.ts'
import { imageBlock } from '../../src/translate/content/image-part.ts'
import { replaceHalves } from '../../src/translate/replace-halves.ts'
import { isJsonObject } from '../../src/translate/json-value.ts'
import { createInputSchemaReader } from '../../src/translate/schemas/input-schema.ts'
import { createSchemaAllowance, toNativeSchema } from '../../src/translate/schemas/native-schema.ts'
import type { JsonObject } from '../../src/turn/json.ts'
import { createTestSchemas } from '../support/schemas.ts'
import type { Target } from './fuzzer.ts'

const MOST_READS = 1100

/** The bytes of an image, and the data URL that brings them. */
export const images: Target = {
  name: 'images',
  run(input) {
    let reads = 0
    const header = readImageHeader((offset, length) => {
      reads += 1
      if (reads > MOST_READS) throw new Error('it reads without end')
      if (!(offset >= 0) || length > 100) throw new Error(`it reads ${length} bytes at ${offset}`)
      return input.subarray(offset, offset + length)
    })
    if (typeof header !== 'string' && !(header.width >= 1 && header.height >= 1))
      throw new Error('an image without sides')
    const base64 = input.toString('base64')
    if (normalBase64(base64) !== base64) throw new Error('good base64 is changed')
    const kinds = [`data:image/png;base64,${base64}`, input.toString('latin1'), input.toString('utf8')].map((url) =>
      apart(() => imageBlock(url, 'messages[0].content[0].image_url.url').source.type),
    )
    const changed = normalBase64(input.toString('latin1'))
    // The last group may hold bits that stand for nothing.
    if (changed !== undefined && headOf(Buffer.from(changed, 'base64').toString('base64')) !== headOf(changed)) {
      throw new Error('what is no base64 passes as such')
    }
    return `${typeof header === 'string' ? header : header.format} ${kinds.join(' ')} ${changed === undefined}`
  },
}

/** A JSON schema of a caller's: as the model API gets it, and as answers are held against it. */
export function createSchemaTarget(): Target {
  const schemas = createTestSchemas({ compileMs: 400, checkMs: 100 })
  const asker = { principalId: 'fuzz', signal: new AbortController().signal }
  return {
    name: 'schemas',
    async run(input) {
      const schema = jsonOf(input)
      if (!isJsonObject(schema)) return 'no object'
      const place = { name: 'look', param: 'tools[0].function.parameters' }
      const read = apart(() => JSON.stringify(createInputSchemaReader()(schema, place)).length > 0)
      const native = toNativeSchema(schema, createSchemaAllowance())
      if (native !== undefined) JSON.stringify(native)
      const fault = await schemas.check(schema, asker)
      const verdict = fault === undefined ? await schemas.validate(schema, '{"a":[1,"x"]}', asker) : undefined
      return `${read} ${native !== undefined} ${fault?.message.slice(0, 30)} ${verdict?.type}`
    },
    close: () => schemas.close(),
  }
}

const headOf = (base64: string): string => base64.slice(0, -4)

const stopSchema = z.object({ sequences: z.array(z.string().min(1)).max(8), text: z.string(), size: z.int().min(1) })

/** A text with stop sequences: cut into pieces in any way, it ends where it ends as a whole. */
export const stops: Target = {
  name: 'stop-sequences',
  run(input) {
    const asked = stopSchema.safeParse(jsonOf(input)).data
    if (asked === undefined) return 'no request'
    const { sequences, text, size } = asked
    const ends = sequences
      .map((sequence) => text.indexOf(sequence) + sequence.length)
      .filter((_, at) => text.includes(sequences[at] ?? ''))
    const end = Math.min(...ends)
    const longest = sequences
      .filter((one) => text.slice(0, end).endsWith(one))
      .toSorted((a, b) => b.length - a.length)[0]
    const expected = longest === undefined ? text : text.slice(0, end - longest.length)
    const matcher = createStopMatcher(sequences)
    let out = ''
    let hasStopped = false
    for (let at = 0; at < text.length && !hasStopped; at += size) {
      const said = matcher.push(text.slice(at, at + size))
      out += said.text
      hasStopped = said.stopped
    }
    if (!hasStopped) out += matcher.end()
    if (out !== expected) throw new Error(`${JSON.stringify(out)} in place of ${JSON.stringify(expected)}`)
    const characters = createWholeCharacters()
    let whole = ''
    for (let at = 0; at < text.length; at += size) whole += characters.push(text.slice(at, at + size))
    whole += characters.end()
    if (whole !== replaceHalves(text)) throw new Error('a text came out changed')
    return `${hasStopped} ${sequences.length} ${whole === text}`
  },
}

const doorSchema = z.object({ target: z.string(), host: z.string(), origin: z.string() })

/** Request line, Host and Origin, as they come. */
export const door: Target = {
  name: 'door',
  run(input) {
    const asked = doorSchema.safeParse(jsonOf(input)).data
    if (asked === undefined) return 'no request'
    const { target, host, origin } = asked
    const kinds = [
      apart(() => checkTarget(target)),
      apart(() => createHostGuard('127.0.0.1', ['api.example'])(host)),
      apart(
        () =>
          headersOf({ host, origin }) !== undefined &&
          createOriginGuard([]).check(headersOf({ host, origin }) ?? new Headers()),
      ),
    ]
    return kinds.join(' ')
  },
}

function headersOf(headers: Record<string, string>): Headers | undefined {
  try {
    return new Headers(headers)
  } catch {
    return undefined
  }
}

/** What comes of it; a refusal by its code. Whatever else is thrown is a failure. */
function apart(parse: () => unknown): string {
  try {
    return String(parse())
  } catch (error) {
    if (error instanceof ApiError) return error.code
    throw error
  }
}

function jsonOf(input: Buffer): JsonObject | undefined {
  try {
    return JSON.parse(input.toString('utf8'))
  } catch {
    return undefined
  }
}
