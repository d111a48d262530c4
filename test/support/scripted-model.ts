/** The Messages API that a test scripts: each call takes the next answer, and what was asked can be looked at. */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { ApiProblem } from '../../src/demo/api-problem.ts'
import { isObject, type JsonObject } from '../../src/demo/json-object.ts'
import { type MessagesCall, startMessagesApi } from '../../src/demo/messages-api.ts'
import type { Reply } from '../../src/demo/reply.ts'
import type { MessagesRequest } from '../../src/demo/request-shape.ts'
import { says } from './scripted-model-answers.ts'

export interface ScriptedModel {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly port: number
  /** Every `POST /v1/messages` so far, in order. */
  readonly requests: readonly RecordedRequest[]
  /** Every other request, such as `HEAD /`. */
  readonly strays: readonly string[]
  /** Queues answers; each call takes one. A call that breaks the API's rules gets the API's refusal and takes none. */
  script(...answers: Answer[]): void
  /** Empties the queue: what a failed test leaves there would fail the next. */
  forget(): void
  /** What calls get when the queue is empty. */
  otherwise(answer: Answer): void
  /** The next call that no earlier `nextRequest` has handed out, as soon as it is there. */
  nextRequest(): Promise<RecordedRequest>
  /** Stops listening and cuts what is still open. */
  close(): Promise<void>
}

export interface RecordedRequest {
  /** Which call it is, from 1. */
  readonly number: number
  readonly method: 'POST'
  /** With the query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly rawBody: string
  /** The parsed body; empty where it is not a JSON object. */
  readonly body: JsonObject
  /** The body with its types; nothing where it breaks a rule. */
  readonly parsed: MessagesRequest | undefined
  /** What the real API would say against it. */
  readonly problem: ApiProblem | undefined
  /** Resolves when the answer is over, ended by either side. */
  readonly closed: Promise<void>
  /** When that was, in `performance.now()` time. */
  readonly closedAt: number | undefined
  /** True once all of the answer has been sent; stays false when the caller leaves before. */
  readonly finished: boolean
}

/** Answers one call. What it throws reaches the caller as a 500. */
export type Answer = (request: RecordedRequest, reply: ScriptedReply) => void | Promise<void>

export interface ScriptedReply extends Reply {
  readonly response: ServerResponse
  /** Aborts when the caller leaves before the answer is complete. */
  readonly signal: AbortSignal
}

export interface ScriptedModelOptions {
  readonly port?: number
  /** False answers also what the real API would refuse. Default true. */
  readonly strict?: boolean
  /** False keeps no request in mind, for runs of many. Default true. */
  readonly remembers?: boolean
}

export async function startScriptedModel({
  port = 0,
  strict = true,
  remembers = true,
}: ScriptedModelOptions = {}): Promise<ScriptedModel> {
  const requests: RecordedRequest[] = []
  const strays: string[] = []
  const queue: Answer[] = []
  const waiting: ((request: RecordedRequest) => void)[] = []
  let handedOut = 0
  let calls = 0
  let fallback = says('Hello from the scripted model.')

  const api = await startMessagesApi({
    port,
    onStray: (method, path) => strays.push(`${method} ${path}`),
    async onCall(call) {
      calls += 1
      const request = record(call, calls)
      if (remembers) requests.push(request)
      const waiter = waiting.shift()
      if (waiter !== undefined) {
        handedOut += 1
        waiter(request)
      }
      if (strict && request.problem !== undefined) return call.reply.problem(request.problem)
      const answer = queue.shift() ?? fallback
      await answer(request, { ...call.reply, response: call.response, signal: call.signal })
    },
  })

  return {
    ...api,
    requests,
    strays,
    script: (...answers) => void queue.push(...answers),
    forget: () => void queue.splice(0),
    otherwise(answer) {
      fallback = answer
    },
    nextRequest() {
      const ready = requests[handedOut]
      if (ready === undefined) return new Promise((resolve) => waiting.push(resolve))
      handedOut += 1
      return Promise.resolve(ready)
    },
  }
}

function record({ path, headers, rawBody, body, checked, response }: MessagesCall, number: number): RecordedRequest {
  let closedAt: number | undefined
  const closed = new Promise<void>((resolve) => {
    response.once('close', () => {
      closedAt = performance.now()
      resolve()
    })
  })
  return {
    number,
    method: 'POST',
    path,
    headers,
    rawBody,
    body: isObject(body) ? body : {},
    parsed: checked.problem === undefined ? checked.request : undefined,
    problem: checked.problem,
    closed,
    get closedAt() {
      return closedAt
    },
    get finished() {
      return response.writableFinished
    },
  }
}
