import { describe, expect, it, vi } from 'vitest'
import { startTestEngine } from '../support/engine.ts'
import { fakeBinary } from '../support/fake-binary.ts'

describe('a process', () => {
  it.each([
    ['exits at once with 0', 'exit 0'],
    ['exits at once with 1', 'echo "no such library" >&2; exit 1'],
    ['hangs before it is ready', 'sleep 600'],
    ['closes its output and lives on', 'exec 1>&-; sleep 600'],
    ['talks garbage for ever', 'while :; do echo garbage; done'],
    ['writes a line without end', 'printf "{"; cat /dev/zero'],
    ['floods stderr and hangs', 'head -c 5000000 /dev/zero | tr "\\0" x >&2; sleep 600'],
  ])('that %s is a turn that no process is available for', async (_, script) => {
    await using test = await startTestEngine({ CLAUDE_CLI_PATH: fakeBinary(script), INIT_TIMEOUT: '700' })
    await expect(test.ask()).rejects.toMatchObject({ kind: 'worker_unavailable' })
    await vi.waitUntil(() => test.engine.status().workers.live === 0 && test.workers().length === 0, { timeout: 5000 })
    expect(test.engine.status()).toMatchObject({
      state: 'degraded',
      reason: expect.stringContaining('dragoman doctor'),
    })
    await expect(test.engine.models()).rejects.toMatchObject({ kind: 'worker_unavailable' })
  })

  it('that is not there is one too', async () => {
    await using test = await startTestEngine({ CLAUDE_CLI_PATH: '/nonexistent/claude' })
    await expect(test.ask()).rejects.toMatchObject({ kind: 'worker_unavailable' })
  })

  it('says why in the log', async () => {
    await using test = await startTestEngine({ CLAUDE_CLI_PATH: fakeBinary('echo "no such library" >&2; exit 1') })
    await expect(test.ask()).rejects.toThrow()
    expect(test.log.join('')).toContain('no such library')
  })
})

describe('an older Claude Code', () => {
  it('that would read files for callers is refused', async () => {
    // It answers the initialize request like a real one of that version.
    const script = `read -r line; id=$(echo "$line" | sed 's/.*"request_id":"\\([^"]*\\)".*/\\1/')
printf '{"type":"control_response","response":{"subtype":"success","request_id":"%s","response":{"commands":[],"agents":[],"output_style":"default","available_output_styles":[],"models":[],"account":{},"claude_code_version":"2.1.247"}}}\\n' "$id"; sleep 600`
    await using test = await startTestEngine({ CLAUDE_CLI_PATH: fakeBinary(script) })
    await expect(test.ask()).rejects.toMatchObject({
      kind: 'worker_unavailable',
      message: expect.stringContaining('2.1.247'),
    })
  })
})
