/** Bodies as Claude Code 2.1.330 sends them. */
import { describe, expect, it } from 'vitest'
import { validateRequest } from '../../src/demo/validate-request.ts'

const MARK = { cache_control: { type: 'ephemeral' } }

const common = {
  system: [
    { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.330; cc_entrypoint=sdk-ts;' },
    { type: 'text', text: "You are a Claude agent, built on Anthropic's Claude Agent SDK.", ...MARK },
    { type: 'text', text: 'You are a test.', ...MARK },
  ],
  tools: [],
  metadata: { user_id: '{"device_id":"0","account_uuid":"","session_id":"0"}' },
  context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
  stream: true,
}

const current = {
  ...common,
  model: 'claude-sonnet-5-5',
  max_tokens: 128_000,
  thinking: { type: 'adaptive', display: 'updates' },
  output_config: { effort: 'medium' },
}

const environment = {
  role: 'system',
  content: [{ type: 'text', text: '# Environment', ...MARK }],
  output_config: { effort: 'medium' },
}
const older = {
  ...common,
  model: 'claude-haiku-4-5',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'hi', ...MARK }] }],
}

describe('what Claude Code sends is taken', () => {
  it.each([
    [
      'a turn with an empty system message that sets the effort',
      {
        ...current,
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'x', ...MARK }] },
          { role: 'system', content: [], output_config: { effort: 'medium' } },
        ],
      },
    ],
    [
      'a turn with its environment in a system message',
      { ...current, messages: [{ role: 'user', content: 'hi' }, environment] },
    ],
    [
      'a later turn',
      {
        ...current,
        messages: [
          { role: 'user', content: 'hi' },
          environment,
          { role: 'assistant', content: [{ type: 'text', text: 'Hello.' }] },
          { role: 'user', content: [{ type: 'text', text: 'x', ...MARK }] },
        ],
      },
    ],
    [
      'an older model with a fixed budget',
      { ...older, max_tokens: 32_000, thinking: { type: 'enabled', budget_tokens: 31_999, display: 'updates' } },
    ],
    [
      'an older model without thinking',
      { ...older, max_tokens: 32_000, thinking: { type: 'disabled' }, temperature: 1 },
    ],
  ])('%s', (_title, body) => {
    expect(validateRequest(body).problem).toBeUndefined()
  })
})
