/** The parts of which the content of a message in a request consists. */
import { z } from 'zod'

const cacheBreakpoint = z
  .object({ mode: z.enum(['explicit']) })
  .nullish()
  .describe('Accepted; Claude Code places its own cache marks.')

const textPart = z
  .object({ type: z.literal('text'), text: z.string(), prompt_cache_breakpoint: cacheBreakpoint })
  .meta({ id: 'ChatContentPartText' })

const refusalPart = z
  .object({ type: z.literal('refusal'), refusal: z.string() })
  .meta({ id: 'ChatContentPartRefusal', description: 'What the model said when it declined; counts as text.' })

const imagePart = z
  .object({
    type: z.literal('image_url'),
    image_url: z.object({
      url: z.string().describe('An https URL, which the model API fetches, or a data URL of a PNG, JPEG, GIF or WebP.'),
      detail: z.string().nullish().describe('Ignored: the model chooses the resolution.'),
    }),
    prompt_cache_breakpoint: cacheBreakpoint,
  })
  .meta({ id: 'ChatContentPartImage' })

const audioPart = z
  .object({
    type: z.literal('input_audio'),
    input_audio: z.object({ data: z.string(), format: z.string() }),
    prompt_cache_breakpoint: cacheBreakpoint,
  })
  .meta({ id: 'ChatContentPartAudio' })

const filePart = z
  .object({
    type: z.literal('file'),
    file: z.object({
      file_data: z.string().nullish().describe('A PDF or text in UTF-8, as a data URL or in base64.'),
      file_id: z.string().nullish().describe('Not supported.'),
      filename: z.string().nullish().describe('The title by which the model knows it.'),
    }),
    prompt_cache_breakpoint: cacheBreakpoint,
  })
  .meta({ id: 'ChatContentPartFile' })

const systemPart = z.discriminatedUnion('type', [textPart])
const userPart = z.discriminatedUnion('type', [textPart, refusalPart, imagePart, audioPart, filePart])
const assistantPart = z.discriminatedUnion('type', [textPart, refusalPart])
const toolPart = z.discriminatedUnion('type', [textPart, imagePart, filePart])

export const textContent = z.union([z.string(), z.array(systemPart)])
export const userContent = z.union([z.string(), z.array(userPart)])
export const assistantContent = z.union([z.string(), z.array(assistantPart)])
export const toolContent = z.union([z.string(), z.array(toolPart)])

/** Any part of any role's content. */
export type ContentPart = z.output<typeof userPart>
/** A part that is nothing but text. */
export type TextualPart = z.output<typeof assistantPart>
