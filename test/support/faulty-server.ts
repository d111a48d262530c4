/** A server whose processes misbehave as told, with deadlines short enough to see them pass. */
import type { SettingName } from '../../src/config.ts'
import { type Outcome, readOutcome } from './outcome.ts'
import { createScriptedChild, type ScriptedChild } from './scripted-child.ts'
import { startTestServer, type TestServer } from './server.ts'

/** What the scripted model says when nothing else is asked of it. */
export const HELLO = 'Hello from the scripted model.'
/** Before anything of the answer has gone out; and after the first word has. */
export const EARLY = { at: 'message_start' }
export const LATE = { at: 'content_block_delta', nth: 2 }

export interface FaultyServer extends TestServer {
  readonly child: ScriptedChild
  /** A chat completion, read to its end. */
  complete(body?: Record<string, unknown>): Promise<Outcome>
}

export async function startFaultyServer(settings: Partial<Record<SettingName, string>> = {}): Promise<FaultyServer> {
  const child = createScriptedChild()
  const server = await startTestServer({
    CLAUDE_CLI_PATH: child.path,
    REUSE_WORKERS: 'true',
    MAX_WORKERS: '2',
    // As short as a busy machine allows.
    INIT_TIMEOUT: '2000',
    FIRST_EVENT_TIMEOUT: '800',
    IDLE_TIMEOUT: '600',
    ...settings,
  })
  if (settings.REUSE_WORKERS !== 'false') await server.proven()
  // The processes of the default model are left alone: the one of the start is such.
  const chat: TestServer['chat'] = (body, init) => server.chat({ model: 'sonnet', ...body }, init)
  return { ...server, child, chat, complete: async (body = {}) => readOutcome(await chat(body)) }
}

/** A chat that no process is ready for: with a system prompt that nobody had before. */
export function newProfile(): { readonly messages: readonly { role: string; content: string }[] } {
  const system = `You are ${crypto.randomUUID()}.`
  return {
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: 'Hello' },
    ],
  }
}
