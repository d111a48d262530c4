/** The content of one message as neutral blocks. */
import type { ContentBlock, TextBlock } from '../../turn/turn.ts'
import type { ContentPart, TextualPart } from '../../wire/content-part.ts'
import { documentBlock } from './file-part.ts'
import { imageBlock } from './image-part.ts'
import { replaceHalves } from '../replace-halves.ts'
import { unsupported } from '../unsupported.ts'

/**
 * In their order. Blank text is dropped, since the model API refuses it. `path` is the content's place in the request.
 * @throws ApiError naming a part that cannot be carried.
 */
export function contentBlocks(content: string | readonly ContentPart[], path: string): ContentBlock[] {
  if (typeof content === 'string') return textBlocks(content)
  return content.flatMap((part, index): ContentBlock[] => {
    switch (part.type) {
      case 'text':
      case 'refusal':
        return textBlocks(textOf(part))
      case 'image_url':
        return [imageBlock(part.image_url.url, `${path}[${index}].image_url.url`)]
      case 'file':
        return [documentBlock(part, `${path}[${index}]`)]
      case 'input_audio':
        throw unsupported(`${path}[${index}].type`, 'The models of Claude Code do not take audio.')
    }
  })
}

/** The same for content that can be nothing but text. */
export function textContentBlocks(content: string | readonly TextualPart[]): TextBlock[] {
  return typeof content === 'string' ? textBlocks(content) : content.flatMap((part) => textBlocks(textOf(part)))
}

/** One block, or none where the text is blank. */
export function textBlocks(text: string): TextBlock[] {
  return text.trim() === '' ? [] : [{ type: 'text', text: replaceHalves(text) }]
}

function textOf(part: TextualPart): string {
  return part.type === 'text' ? part.text : part.refusal
}
