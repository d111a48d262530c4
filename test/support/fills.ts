import { isObject, type JsonObject } from '../../src/demo/json-object.ts'
import type { Answer } from './scripted-model.ts'
import { says } from './scripted-model-answers.ts'

/** Fills a form as a real model does: as its text where the request holds the answer to a schema, else by a call of the first tool. */
export function fills(input: JsonObject): Answer {
  return (request, reply) => {
    const { output_config: config, tools } = request.body
    const isHeld = isObject(config) && config['format'] !== undefined
    const [tool] = request.parsed?.tools ?? []
    const isCalled = !isHeld && tools !== undefined && tool !== undefined
    const answer = isCalled
      ? says([], { calls: [{ id: `toolu_${request.number}`, name: tool.name, input }] })
      : says(JSON.stringify(input))
    return answer(request, reply)
  }
}
