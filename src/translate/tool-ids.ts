/** Ids of calls as the model API takes them: letters, digits, `_` and `-`, each once in a conversation. */

const PLAIN = /^[a-zA-Z0-9_-]{1,64}$/

/**
 * Gives each call of a conversation, in their order, its id: its own if that will do. The new ones depend on what came
 * before alone, so that a conversation that grows keeps them, and with them its place in the prompt cache.
 * @param given every id that a call of the conversation has
 */
export function createCallNamer(given: Iterable<string>): (id: string | undefined) => string {
  const known = new Set(given)
  const used = new Set<string>()
  let calls = 0
  const invent = (): string => {
    let id = `call_no_${calls}`
    while (known.has(id)) id += '_'
    return id
  }
  return (id) => {
    calls += 1
    const name = id !== undefined && PLAIN.test(id) && !used.has(id) ? id : invent()
    used.add(name)
    return name
  }
}
