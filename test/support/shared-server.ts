/**
 * A server that the files which need an ordinary one share: each test process starts one when the first of them asks, and
 * closes it at its end. Files run one after the other there, so a script is for whoever wrote it.
 */
import { test } from 'vitest'
import { says } from './scripted-model-answers.ts'
import { startTestServer } from './server.ts'

/** `it.beforeAll(({ server }) => …)` lends it to a file. A file that leaves it with work to do or leaks fails. */
export const it = test
  // oxlint-disable-next-line no-empty-pattern -- vitest reads from the pattern what a fixture needs
  .extend('kept', { scope: 'worker' }, async ({}, { onCleanup }) => {
    const settings = {
      REUSE_WORKERS: 'true',
      // A process for each profile that the files have in common.
      MAX_WORKERS: '8',
      API_KEY: 'secret-of-the-test',
      MODEL_ALIASES: '{"gpt-4o":"sonnet"}',
    }
    const server = await startTestServer(settings, {}, { isShared: true })
    onCleanup(() => server[Symbol.asyncDispose]())
    await server.proven()
    return server
  })
  .extend('server', { scope: 'file' }, async ({ kept }, { onCleanup }) => {
    kept.model.forget()
    kept.model.otherwise(says('Hello from the scripted model.'))
    onCleanup(() => kept.isWell(0))
    return kept
  })
