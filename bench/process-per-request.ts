/** The usual way: a Claude Code process for every request, through the Agent SDK's plain form. */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { query } from '@anthropic-ai/claude-agent-sdk'
import type { Sample } from './load.ts'

export function createProcessPerRequest(options: {
  modelUrl: string
  folder: string
  prompt: string
}): () => Promise<Sample> {
  return async () => {
    const home = mkdtempSync(join(options.folder, 'home-'))
    const began = performance.now()
    let firstTokenMs: number | undefined
    const session = query({
      prompt: options.prompt,
      options: {
        model: 'sonnet',
        tools: [],
        settingSources: [],
        includePartialMessages: true,
        persistSession: false,
        systemPrompt: 'You are a helpful assistant.',
        cwd: home,
        env: {
          PATH: process.env['PATH'],
          HOME: home,
          CLAUDE_CONFIG_DIR: join(home, '.claude'),
          ANTHROPIC_BASE_URL: options.modelUrl,
          ANTHROPIC_API_KEY: 'bench',
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
          DISABLE_TELEMETRY: '1',
        },
      },
    })
    for await (const message of session) {
      if (message.type === 'stream_event' && message.event.type === 'content_block_delta')
        firstTokenMs ??= performance.now() - began
    }
    const totalMs = performance.now() - began
    rmSync(home, { recursive: true, force: true })
    if (firstTokenMs === undefined) throw new Error('no answer')
    return { firstTokenMs, totalMs, text: '' }
  }
}
