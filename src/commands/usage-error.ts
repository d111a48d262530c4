/** Something on the command line or in the settings cannot be used. The message is for the operator; the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
