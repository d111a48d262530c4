/** A stand-in for Claude Code that speaks its protocol up to a point and then misbehaves. */
import { expect, it, vi } from 'vitest'
import { startTestEngine } from '../support/engine.ts'
import { fakeBinary } from '../support/fake-binary.ts'

/** Answers control requests but those in `deaf`, dies of those in `deadly`, and stops its answer at the limit without a result. */
function claude({ deaf = '', deadly = '' }: { deaf?: string; deadly?: string }): string {
  const script = `
    const out = (message) => process.stdout.write(JSON.stringify(message) + "\\n")
    const said = (event) => out({ type: "stream_event", event, parent_tool_use_id: null, session_id: "s", uuid: "u" })
    const ready = { commands: [], agents: [], output_style: "default", available_output_styles: [], models: [],
      account: { apiKeySource: "test" }, claude_code_version: "2.1.330" }
    const usage = { input_tokens: 1, output_tokens: 1 }
    require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
      const { type, request, request_id } = JSON.parse(line)
      if (type === "control_request") {
        if (request.subtype === "${deadly}") process.exit(1)
        if (request.subtype === "${deaf}") return
        const response = request.subtype === "initialize" ? ready : {}
        out({ type: "control_response", response: { subtype: "success", request_id, response } })
      } else if (type === "user") {
        said({ type: "message_start", message: { id: "m", type: "message", role: "assistant", model: "m", content: [], usage } })
        said({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "cut" } })
        said({ type: "message_delta", delta: { stop_reason: "max_tokens", stop_sequence: null }, usage })
      }
    })`
  return fakeBinary(`exec '${process.execPath}' -e '${script}'`)
}

it('a process that does not react to an interrupt costs its turn a few seconds and the pool nothing', async () => {
  await using test = await startTestEngine({
    EGRESS: 'false',
    REUSE_WORKERS: 'false',
    MAX_WORKERS: '1',
    CLAUDE_CLI_PATH: claude({ deaf: 'interrupt' }),
  })
  expect((await test.ask()).at(-1)).toMatchObject({ type: 'finish', reason: 'length' })
  await vi.waitUntil(() => test.engine.status().workers.busy === 0, { timeout: 3000 })
  expect(test.workers()).toEqual([])
}, 15_000)

it('a process that dies of its settings is one that is not available', async () => {
  await using test = await startTestEngine({ CLAUDE_CLI_PATH: claude({ deadly: 'apply_flag_settings' }) })
  await expect(test.ask({ maxOutputTokens: 3000 })).rejects.toMatchObject({ kind: 'worker_unavailable' })
})
