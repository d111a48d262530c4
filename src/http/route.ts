import type { z } from 'zod'
import type { ErrorCode } from '../errors.ts'
import type { Scope } from '../keys/grant.ts'
import type { RateClass } from '../usage/rate-limits.ts'
import type { Reply } from './reply.ts'
import type { RequestContext } from './request-context.ts'
import type { Principal } from '../turn/turn.ts'

export type Method = 'GET' | 'POST' | 'DELETE'

/** `open`: anybody may call, and sees less without a key. `key`: needs the key where one is configured. */
export type Access = 'open' | 'key'

/** One way an endpoint answers when all is well. */
export interface Success {
  readonly contentType: string
  readonly description: string
  readonly schema?: z.ZodType
}

/** What the documentation says of an endpoint. */
export interface Operation {
  readonly summary: string
  readonly description: string
  /** The JSON body it takes, which only a POST route may. */
  readonly body?: z.ZodType
  /** What becomes of each body parameter, by its name. */
  readonly fates?: Readonly<Record<string, string>>
  readonly bodyExample?: unknown
  /** The path's parameters: name and meaning. */
  readonly params?: Readonly<Record<string, string>>
  /** What may stand after the `?`: name and meaning. None of it is needed. */
  readonly query?: Readonly<Record<string, string>>
  readonly successes: readonly Success[]
  /** The failures of its own, beside those that every route has. */
  readonly errors: readonly ErrorCode[]
}

export type Handler = (context: RequestContext) => Reply | Promise<Reply>

/** An endpoint: its documentation, and how to make its handler from what it needs. */
export interface Endpoint<Services> {
  readonly operation: Operation
  /** Asked once the caller is known and before the body is read: throws what the caller gets instead. */
  readonly admit?: (services: Services, principal: Principal) => void
  readonly create: (services: Services) => Handler
}

/** A route as the documentation sees it. */
export interface DocumentedRoute {
  readonly method: Method
  /** As OpenAPI writes it: `/v1/models/{id}`. A parameter that comes last may contain slashes. */
  readonly path: string
  /** Other paths for the same endpoint, with the same parameters. */
  readonly aliases: readonly string[]
  readonly access: Access
  /** What its requests are counted with. */
  readonly rateClass: RateClass
  /** What the key has to be for, where any key will not do. */
  readonly scope?: Scope
  readonly endpoint: { readonly operation: Operation }
}

/** A line of the route table. */
export interface Route<Services> extends DocumentedRoute {
  readonly endpoint: Endpoint<Services>
}
