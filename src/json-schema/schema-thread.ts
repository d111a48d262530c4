/** The thread that checks: started by check-thread.ts, which ends it when a check takes too long. */
import { parentPort } from 'node:worker_threads'
import { createChecks } from './schema-checks.ts'
import type { ThreadReply, ThreadRequest } from './thread-message.ts'

const check = createChecks()
const reply = (message: ThreadReply): void => parentPort?.postMessage(message)
parentPort?.on('message', (request: ThreadRequest) => reply(check(request)))
reply({ type: 'ready' })
