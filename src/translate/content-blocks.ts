/** The content of one message as neutral blocks. */
import type { TextBlock } from '../turn/turn.ts'
import type { ContentPart } from '../wire/content-part.ts'
import { replaceHalves } from './replace-halves.ts'
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
  return text.trim() === '' ? [] : [{ type: 'text', text: replaceHalves(text) }]
}
