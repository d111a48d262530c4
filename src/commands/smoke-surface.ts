/** Checks that need no answer of the model. */
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { describeFailure, expectFailure, readJson, type SmokeClient } from './smoke-client.ts'

const UNKNOWN_MODEL = 'no-such-model'
/** Health is asked for so often at most that a limit on it is not met before the server is up. */
const STARTING_POLL_MS = 1000

/** The engine is only shown to a caller that the server trusts. */
const Health = z.object({ engine: z.object({ state: z.string(), login: z.string() }).optional() })

const ModelList = z.object({
  object: z.literal('list'),
  data: z
    .array(z.object({ id: z.string(), object: z.literal('model'), created: z.int(), owned_by: z.string() }))
    .min(1),
})

export async function checkReachable(client: SmokeClient): Promise<string> {
  const response = await client.get('/health')
  if (response.status === 429) throw new Error(await describeFailure(response))
  const took = response.headers.get('openai-processing-ms')
  await response.body?.cancel()
  // A server that is not well says so under /ready, with the reason.
  if (response.status !== 200 && response.status !== 503)
    throw new Error(`/health answers ${response.status}: is it a Dragoman?`)
  return took === null ? 'yes' : `yes, in ${took} ms`
}

export async function checkKey(client: SmokeClient): Promise<string> {
  const without = await client.get('/v1/models', { withKey: false })
  if (without.status !== 401) {
    await without.body?.cancel()
    return client.key === undefined ? 'none needed' : 'none needed: the one given is ignored'
  }
  if (!without.headers.has('www-authenticate')) throw new Error('a 401 without www-authenticate')
  await expectFailure(without, 401, 'invalid_api_key')
  if (client.key === undefined) throw new Error('a key is needed: give it with --key')
  const withKey = await client.get('/v1/models')
  if (withKey.status === 401) throw new Error('the key is not accepted')
  await withKey.body?.cancel()
  return 'needed, and the one given is accepted'
}

/** Waits while the server starts: it is asked soon after, more often than not. */
export async function checkLogin(client: SmokeClient): Promise<string> {
  for (;;) {
    const response = await client.get('/ready')
    const { engine } = await readJson(await client.get('/health'), Health)
    if (response.ok)
      return engine === undefined ? 'Claude Code is ready' : `Claude Code is ready, login: ${engine.login}`
    if (engine?.state !== 'starting') throw new Error(await describeFailure(response))
    await pause(STARTING_POLL_MS)
  }
}

export async function checkModels(client: SmokeClient): Promise<string> {
  const { data } = await readJson(await client.get('/v1/models'), ModelList)
  const [first] = data
  const one = await client.get(`/v1/models/${encodeURIComponent(first?.id ?? '')}`)
  if (!one.ok) throw new Error(`${first?.id} is listed, but ${await describeFailure(one)}`)
  await one.body?.cancel()
  return `${data.length}, such as ${data
    .slice(0, 3)
    .map(({ id }) => id)
    .join(', ')}`
}

export async function checkErrors(client: SmokeClient): Promise<string> {
  const chat = '/v1/chat/completions'
  const messages = [{ role: 'user', content: 'Hello' }]
  await expectFailure(await client.post(chat, { model: UNKNOWN_MODEL, messages }), 404, 'model_not_found')
  await expectFailure(await client.post(chat, '{"model":'), 400, 'invalid_json')
  await expectFailure(await client.post(chat, { model: 'default', messages: [] }), 400, 'empty_array')
  await expectFailure(await client.get('/v1/no-such-route'), 404, 'unknown_url')
  return 'unknown model, broken JSON, no messages, unknown route: all in shape'
}

export function checkRequestIds({ requestIds }: SmokeClient): Promise<string> {
  const missing = requestIds.filter((id) => id === null).length
  if (missing > 0) return Promise.reject(new Error(`${missing} of ${requestIds.length} answers had no x-request-id`))
  const distinct = new Set(requestIds).size
  if (distinct < requestIds.length) return Promise.reject(new Error('an x-request-id came twice'))
  return Promise.resolve(`on all ${requestIds.length} answers`)
}
