/** That many messages of a chat, each told apart by its number and so long. */
export function alternating(messages: number, textLength: number): { role: 'user' | 'assistant'; content: string }[] {
  return Array.from({ length: messages }, (_, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: `message ${index} ${'x'.repeat(textLength)}`,
  }))
}
