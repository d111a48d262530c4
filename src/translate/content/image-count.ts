import { ApiError } from '../../errors.ts'
import type { ChatMessage } from '../../wire/message.ts'

/** What the model API takes with every model: https://platform.claude.com/docs/en/build-with-claude/vision, general limits. */
const MOST_IMAGES = 100

/** @throws ApiError naming the first image that is too many */
export function checkImageCount(messages: readonly ChatMessage[]): void {
  let images = 0
  for (const [index, { content }] of messages.entries()) {
    if (!Array.isArray(content)) continue
    for (const [place, { type }] of content.entries()) {
      if (type !== 'image_url') continue
      images += 1
      if (images <= MOST_IMAGES) continue
      const param = `messages[${index}].content[${place}]`
      const message = `Invalid '${param}': too many images. Expected at most ${MOST_IMAGES} images in all messages.`
      throw new ApiError('array_above_max_length', { message, param })
    }
  }
}
