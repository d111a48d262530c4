/** The content of one message as neutral blocks. */
import type { TextBlock } from '../turn/turn.ts'
import type { ContentPart } from '../wire/content-part.ts'
import { unsupported } from './unsupported.ts'

/**
 * Blank text is dropped, since the model API refuses it. `path` is the content's place in the request.
 * @throws ApiError naming a part that cannot be carried.
 */
export function contentBlocks(content: string | readonly ContentPart[], path: string): TextBlock[] {
  if (typeof content === 'string') return textBlocks(content)
  return content.flatMap((part, index) => {
    switch (part.type) {
      case 'text':
        return textBlocks(part.text)
      case 'refusal':
        return textBlocks(part.refusal)
      case 'image_url':
        throw unsupported(`${path}[${index}].type`, 'Images are not supported by this version.')
      case 'file':
        throw unsupported(`${path}[${index}].type`, 'Files are not supported by this version.')
      case 'input_audio':
        throw unsupported(`${path}[${index}].type`, 'The models of Claude Code do not take audio.')
    }
  })
}

/** One block, or none where the text is blank. */
export function textBlocks(text: string): TextBlock[] {
  // Half of a surrogate pair has no UTF-8 form, and the model API refuses the whole request for one.
  return text.trim() === '' ? [] : [{ type: 'text', text: text.replace(/\p{Surrogate}/gu, '\uFFFD') }]
}
