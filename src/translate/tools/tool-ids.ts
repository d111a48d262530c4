/**
 * Ids of calls. Clients know calls by `call_…`; the model API names them `toolu_…`, and takes letters, digits, `_` and `-`,
 * each once in a conversation.
 */

const PLAIN = /^[a-zA-Z0-9_-]{1,64}$/
const OURS = 'call_'
const THEIRS = 'toolu_'

/** The id by which a client knows a call of an answer. */
export function clientCallId(id: string): string {
  if (id.startsWith(OURS)) return id
  return `${OURS}${id.startsWith(THEIRS) ? id.slice(THEIRS.length) : id}`
}

/** The id that the model API gave, by which the engine knows the call again. */
function modelCallId(id: string): string {
  const theirs = `${THEIRS}${id.slice(OURS.length)}`
  return id.startsWith(OURS) && PLAIN.test(theirs) ? theirs : id
}

/**
 * Gives each call of a conversation, in their order, its id: its own if that will do. The new ones depend on what came
 * before alone, so that a conversation that grows keeps them, and with them its place in the prompt cache.
 * @param given every id that a call of the conversation has
 */
export function createCallNamer(given: Iterable<string>): (id: string | undefined) => string {
  const known = new Set<string>()
  for (const id of given) known.add(modelCallId(id))
  const used = new Set<string>()
  let calls = 0
  const invent = (): string => {
    let id = `${OURS}no_${calls}`
    while (known.has(id)) id += '_'
    return id
  }
  return (id) => {
    calls += 1
    const own = id === undefined ? '' : modelCallId(id)
    const name = PLAIN.test(own) && !used.has(own) ? own : invent()
    used.add(name)
    return name
  }
}
