/** The calls of an answer as deltas: the first of a call has its id, type and name, the others a piece of its arguments. */
import type { ChatDelta } from '../../wire/chat-chunk.ts'
import type { CallForm } from './call-form.ts'
import { createInputReader } from './custom-tool.ts'
import { clientCallId } from './tool-ids.ts'
import { createWholeCharacters, type WholeCharacters } from '../answers/whole-characters.ts'

export interface CallRenderer {
  begin(call: { readonly id: string; readonly name: string }): ChatDelta[]
  /** A piece of the arguments of the call that began last. */
  push(json: string): ChatDelta[]
  /** What the last call still holds back. */
  end(): ChatDelta[]
}

interface OpenCall {
  readonly reader: WholeCharacters
  readonly delta: (piece: string) => ChatDelta
}

export function createCallRenderer(form: CallForm): CallRenderer {
  let open: OpenCall | undefined
  let calls = 0

  const deltas = (piece: string): ChatDelta[] => (open === undefined || piece === '' ? [] : [open.delta(piece)])
  const end = (): ChatDelta[] => {
    const rest = deltas(open?.reader.end() ?? '')
    open = undefined
    return rest
  }
  return {
    begin(call) {
      const rest = end()
      const index = calls
      calls += 1
      if (form.isSingle && index > 0) return rest
      const id = clientCallId(call.id)
      const { name } = call
      if (form.isLegacy) {
        open = { reader: createWholeCharacters(), delta: (piece) => ({ function_call: { arguments: piece } }) }
        return [...rest, { function_call: { name, arguments: '' } }]
      }
      if (form.custom.has(name)) {
        open = {
          reader: createInputReader(),
          delta: (piece) => ({ tool_calls: [{ index, custom: { input: piece } }] }),
        }
        return [...rest, { tool_calls: [{ index, id, type: 'custom', custom: { name, input: '' } }] }]
      }
      open = {
        reader: createWholeCharacters(),
        delta: (piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] }),
      }
      return [...rest, { tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }]
    },
    push: (json) => deltas(open?.reader.push(json) ?? ''),
    end,
  }
}
