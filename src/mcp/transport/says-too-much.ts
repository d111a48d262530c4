/** A server has said more than anybody would read. */
export class SaysTooMuch extends Error {
  override readonly name = 'SaysTooMuch'
}
