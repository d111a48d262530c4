import { describe, expect, it } from 'vitest'
import type { Environment } from '../../src/config.ts'
import { KEY, startTestEngine, type TestEngine, user } from '../support/engine.ts'
import type { RecordedRequest, ScriptedModel } from '../support/scripted-model.ts'
import { sentBy } from '../support/sent.ts'

function startWith(variables: (model: ScriptedModel) => Environment): Promise<TestEngine> {
  return startTestEngine({}, { environment: (model) => ({ PATH: process.env['PATH'], ...variables(model) }) })
}

async function sayHi(test: TestEngine): Promise<RecordedRequest> {
  await test.ask({ system: 'You are brief.', conversation: [user('hi')] })
  const request = test.model.requests.at(-1)
  if (request === undefined) throw new Error('the model was not called')
  return request
}

describe.each<{ login: string; egress: boolean; variables: (model: ScriptedModel) => Environment }>([
  {
    login: 'an API key',
    egress: true,
    variables: ({ url }) => ({ ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: url }),
  },
  {
    login: 'an auth token that the process holds',
    egress: false,
    variables: ({ url }) => ({ ANTHROPIC_AUTH_TOKEN: 'token-1', ANTHROPIC_BASE_URL: url, EGRESS: 'false' }),
  },
  {
    login: 'a cloud provider',
    egress: false,
    variables: ({ url }) => ({
      CLAUDE_CODE_USE_FOUNDRY: '1',
      ANTHROPIC_FOUNDRY_API_KEY: 'made-up',
      ANTHROPIC_FOUNDRY_BASE_URL: url,
    }),
  },
])('a plain "hi" with $login', ({ egress, variables }) => {
  it('takes less than 1,000 bytes and tells the model nothing of this machine', async () => {
    await using test = await startWith(variables)
    const request = await sayHi(test)
    expect(test.engine.status().egress).toBe(egress)
    expect(request.rawBody.length).toBeLessThan(1000)
    for (const told of ['# Environment', test.config.DATA_DIR]) expect(request.rawBody).not.toContain(told)
    expect(sentBy(request).messages).toEqual([{ role: 'user', texts: ['hi'] }])
  })
})

describe('a plain "hi" with a login that the minimal mode does not know', () => {
  it('takes less than 2,100 bytes', async () => {
    await using test = await startWith(({ url }) => ({ CLAUDE_CODE_OAUTH_TOKEN: 'made-up', ANTHROPIC_BASE_URL: url }))
    const request = await sayHi(test)
    expect(request.rawBody.length).toBeLessThan(2100)
    expect(sentBy(request).messages).toEqual([{ role: 'user', texts: ['hi'] }])
  })
})
