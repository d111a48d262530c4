/** The database did not do what it was asked for a reason that may pass: it is away, locked, full or read-only. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'

  constructor(cause: unknown) {
    super('the database is not available', { cause })
  }
}

/** Classes of SQLSTATE that tell of the server or the way to it: connection, login, missing database, resources, shutdown, system. */
const AWAY_STATES = new Set(['08', '28', '3D', '53', '55', '57', '58', 'XX'])
/** What SQLite says of a statement, not of the database. */
const OWN_FAULT = /^SQLITE_(?:ERROR|CONSTRAINT|MISMATCH|RANGE|MISUSE|TOOBIG)/

/** pg's own errors of a connection and of the way to one, which have no code. Other words of a message say nothing: it may hold names. */
const LOST_CONNECTION =
  /^(?:connection terminated|timeout (?:exceeded|expired)|query read timeout|client (?:was closed|has encountered)|the server does not support ssl|there was an error establishing an ssl|the database connection is not open)/i

/** Whether a failure of the driver says that the database is away, and not that it was asked something wrong. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof StoreUnavailable) return true
  const code = 'code' in error ? String(error.code) : ''
  if (code.startsWith('SQLITE_')) return !OWN_FAULT.test(code)
  if (/^[0-9A-Z]{5}$/.test(code)) return AWAY_STATES.has(code.slice(0, 2))
  return /^E[A-Z_]+$/.test(code) || LOST_CONNECTION.test(error.message)
}

/** Whether a transaction had to give way to another one: a deadlock, for one. The next time it may not. */
export function isPassing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^40\w{3}$/.test(String(error.code))
}

/** Classes of SQLSTATE that tell of the data: its form, the constraints on it, limits of its size. */
const DATA_STATES = new Set(['22', '23', '54'])

/** Whether the database will never take this data, however often it is asked. */
export function isUnstorable(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false
  const code = String(error.code)
  if (code.startsWith('SQLITE_')) return /^SQLITE_(?:CONSTRAINT|MISMATCH|RANGE|TOOBIG)/.test(code)
  return /^[0-9A-Z]{5}$/.test(code) && DATA_STATES.has(code.slice(0, 2))
}
