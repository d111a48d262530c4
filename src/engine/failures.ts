/** What went wrong, from what Claude Code and the egress say of it. The one place where upstream words are looked at. */
import { type FailureKind, TurnFailure } from '../turn/turn-failure.ts'
import type { UpstreamFacts } from './egress/upstream-facts.ts'

/** What the process itself said of a failed model call. */
export interface ReportedError {
  /** `error` of its assistant message. */
  readonly code?: string | undefined
  /** `api_error_status` of its result. */
  readonly status?: number | undefined
  /** `terminal_reason` of its result. */
  readonly terminalReason?: string | undefined
  /** What it would print on a terminal. */
  readonly text?: string | undefined
}

/** The words go into the log, where they can quote what the caller wrote. */
const MOST_WORDS = 500

/** Structured facts first, the wire's before the process's own; words only to tell apart what shares a status. */
export function upstreamFailure(facts: UpstreamFacts, reported: ReportedError): TurnFailure {
  const kind = classify(facts, reported)
  const words = facts.error?.message ?? facts.connectionError ?? reported.text ?? 'no reason given'
  const status = facts.status ?? reported.status
  return new TurnFailure(kind, `the model API answered ${status ?? 'nothing'}: ${words.slice(0, MOST_WORDS)}`, {
    retryAfterSeconds: facts.retryAfterSeconds,
  })
}

function classify(facts: UpstreamFacts, reported: ReportedError): FailureKind {
  if (facts.connectionError !== undefined) return 'upstream_error'
  const words = `${facts.error?.message ?? ''} ${reported.text ?? ''}`
  if (facts.error?.type === 'billing_error' || reported.code === 'billing_error' || isAboutMoney(words))
    return 'quota_exhausted'
  const status = facts.status !== undefined && facts.status >= 400 ? facts.status : reported.status
  if (status !== undefined) return byStatus(status, words, reported)
  // A stream can break off with an error event after its 200.
  if (facts.error !== undefined) return byErrorType(facts.error.type)
  return byReport(reported)
}

function byStatus(status: number, words: string, reported: ReportedError): FailureKind {
  switch (status) {
    case 400:
      return isTooLong(words, reported) ? 'context_length_exceeded' : 'upstream_invalid_request'
    case 401:
    case 403:
      return 'upstream_auth'
    case 402:
      return 'quota_exhausted'
    case 404:
      return 'model_not_found'
    case 408:
    case 504:
      return 'upstream_timeout'
    case 413:
      return 'request_too_large'
    case 429:
      return 'rate_limited'
    case 503:
    case 529:
      return 'upstream_overloaded'
    default:
      return status < 500 ? 'upstream_invalid_request' : 'upstream_error'
  }
}

function byErrorType(type: string): FailureKind {
  switch (type) {
    case 'overloaded_error':
      return 'upstream_overloaded'
    case 'rate_limit_error':
      return 'rate_limited'
    case 'authentication_error':
    case 'permission_error':
      return 'upstream_auth'
    case 'timeout_error':
      return 'upstream_timeout'
    case 'invalid_request_error':
      return 'upstream_invalid_request'
    default:
      return 'upstream_error'
  }
}

function byReport({ code, terminalReason, text }: ReportedError): FailureKind {
  // `blocking_limit`: the process's own estimate, without a call.
  if (terminalReason === 'prompt_too_long' || terminalReason === 'blocking_limit') return 'context_length_exceeded'
  switch (code) {
    case 'authentication_failed':
      // Without a status nothing was sent: the process has nothing to log in with.
      return text?.startsWith('Not logged in') === true ? 'not_authenticated' : 'upstream_auth'
    case 'oauth_org_not_allowed':
    case 'account_on_hold':
    case 'verification_required':
    // A provider's credentials are missing or have run out: nothing was sent.
    case 'cloud_credential_error':
      return 'upstream_auth'
    case 'rate_limit':
      return 'rate_limited'
    case 'overloaded':
      return 'upstream_overloaded'
    case 'model_not_found':
      return 'model_not_found'
    case 'invalid_request':
      return 'upstream_invalid_request'
    default:
      return 'upstream_error'
  }
}

function isTooLong(words: string, { terminalReason }: ReportedError): boolean {
  return (
    terminalReason === 'prompt_too_long' || /prompt is too long|exceeds? (the )?context (window|limit)/i.test(words)
  )
}

/**
 * Whether a call that never began took nothing: the model API refused it, or it was never sent. A connection that broke
 * afterwards is neither.
 */
export function wasRefused(reported: ReportedError): boolean {
  if (reported.status !== undefined) return true
  const kind = byReport(reported)
  if (kind !== 'upstream_error') return true
  return /\b(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|CERT_\w+|\w+_CERT\w*)\b/.test(
    reported.text ?? '',
  )
}

function isAboutMoney(words: string): boolean {
  return /credit balance is too low|usage limit reached|spend(ing)? limit/i.test(words)
}
