import type { UsageFacts } from '../usage/request-meter.ts'

interface Named {
  readonly user?: string | null | undefined
  readonly safety_identifier?: string | null | undefined
}

/** Whom the caller asks for, as it names them. */
export function endUserOf({ user, safety_identifier: identifier }: Named): UsageFacts {
  const endUser = identifier ?? user ?? ''
  return endUser === '' ? {} : { endUser }
}
