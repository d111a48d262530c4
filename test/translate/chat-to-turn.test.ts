import { describe, expect, it } from 'vitest'

import { turnOf } from './fixtures.ts'

describe('chatToTurn', () => {
  it('leaves out what the caller did not ask for', () => {
    expect(turnOf({})).toEqual({
      id: 'req_1',
      principal: { id: 'anonymous' },
      model: 'sonnet',
      conversation: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
    })
  })

  it.each([
    [{ max_tokens: 5000 }, 5000],
    [{ max_completion_tokens: 4000 }, 4000],
    [{ max_tokens: 5000, max_completion_tokens: 4000 }, 4000],
    [{ max_tokens: 5000, max_completion_tokens: null }, 5000],
    [{ max_tokens: 1e300 }, 1_000_000],
  ])('limits the output by %j to %d', (parameters, limit) => {
    expect(turnOf(parameters).maxOutputTokens).toBe(limit)
  })

  it.each([
    [{ reasoning_effort: 'none' }, { thinking: 'off' }],
    [{ reasoning_effort: 'minimal' }, { effort: 'low' }],
    [{ reasoning_effort: 'low' }, { effort: 'low' }],
    [{ reasoning_effort: 'medium' }, { effort: 'medium' }],
    [{ reasoning_effort: 'high' }, { effort: 'high' }],
    [{ reasoning_effort: 'xhigh' }, { effort: 'high' }],
    [{ reasoning_effort: 'max' }, { effort: 'high' }],
    [{ reasoning_effort: 'max', model: 'opus' }, { effort: 'max' }],
    [{ reasoning_effort: 'max', model: 'claude-unlisted-1' }, { effort: 'max' }],
    [{ reasoning_effort: 'high', model: 'haiku' }, {}],
    [{ max_tokens: 2047 }, { thinking: 'off' }],
    [{ max_tokens: 2048 }, {}],
    [{ max_tokens: 100, reasoning_effort: 'low' }, { effort: 'low' }],
    [{ max_tokens: 100, reasoning_effort: null }, { thinking: 'off' }],
  ])('takes %j as %j', (parameters, expected) => {
    const { effort, thinking } = turnOf(parameters)
    expect({ ...(effort && { effort }), ...(thinking && { thinking }) }).toEqual(expected)
  })
})
