/** The layers of ARCHITECTURE.md hold only as far as the linter checks them, so each arrow is tried in both senses. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

const root = fileURLToPath(new URL('../..', import.meta.url))

const refused: readonly (readonly [file: string, line: string])[] = [
  ['src/turn/a.ts', "import { z } from 'zod'"],
  ['src/turn/b.ts', "import '../errors.ts'"],
  ['src/turn/c.ts', "import 'node:fs'"],
  ['src/wire/a.ts', "import '../turn/turn.ts'"],
  ['src/wire/b.ts', "import '../translate/parameters/params.ts'"],
  ['src/wire/c.ts', "import 'node:crypto'"],
  ['src/wire/e.ts', "import '../image-header.ts'"],
  ['src/wire/d.ts', "import 'hono'"],
  ['src/translate/a.ts', "import '../http/sse.ts'"],
  ['src/translate/b.ts', "import '../engine/engine.ts'"],
  ['src/translate/c.ts', "import type { Engine } from '../engine/engine.ts'"],
  ['src/translate/d.ts', "import 'node:crypto'"],
  ['src/translate/e.ts', "import '../config.ts'"],
  ['src/translate/tools/a.ts', "import '../../engine/engine.ts'"],
  ['src/translate/tools/b.ts', "import '../../config.ts'"],
  ['src/translate/tools/c.ts', "import 'node:crypto'"],
  ['src/json-schema/a.ts', "import '../translate/parameters/params.ts'"],
  ['src/json-schema/b.ts', "import '../errors.ts'"],
  ['src/json-schema/c.ts', "import { Hono } from 'hono'"],
  ['src/engine/a.ts', "import '../wire/chat.ts'"],
  ['src/engine/b.ts', "import '../errors.ts'"],
  ['src/engine/c.ts', "import '../http/sse.ts'"],
  ['src/engine/d.ts', "import '../demo/demo-model.ts'"],
  ['src/engine/e.ts', "import { query } from '@anthropic-ai/claude-agent-sdk'"],
  ['src/engine/f.ts', "export const later = () => import('@anthropic-ai/claude-agent-sdk')"],
  ['src/engine/g.ts', "import { Hono } from 'hono'"],
  ['src/engine/egress/a.ts', "import '../../http/sse.ts'"],
  ['src/engine/egress/b.ts', "import '../../errors.ts'"],
  ['src/engine/egress/c.ts', "import { query } from '@anthropic-ai/claude-agent-sdk'"],
  ['src/http/a.ts', "import '../endpoints/health.ts'"],
  ['src/http/b.ts', "import '../engine/engine.ts'"],
  ['src/http/c.ts', "import '../translate/parameters/params.ts'"],
  ['src/http/d.ts', "import '@anthropic-ai/claude-agent-sdk'"],
  ['src/endpoints/a.ts', "import '../engine/pool.ts'"],
  ['src/endpoints/b.ts', "import '../app.ts'"],
  ['src/endpoints/c.ts', "import { Hono } from 'hono'"],
  ['src/endpoints/d.ts', "import type { Query } from '@anthropic-ai/claude-agent-sdk'"],
  ['src/endpoints/e.ts', "import '../demo/demo-model.ts'"],
  ['src/engine/i.ts', "import '../json-meter.ts'"],
  ['src/idempotency/c.ts', "import '../one-by-one.ts'"],
  ['src/engine/h.ts', "import '../json-schema/schema-validator.ts'"],
  ['src/store/a.ts', "import '../keys/grant.ts'"],
  ['src/store/b.ts', "import '../config.ts'"],
  ['src/store/migrations/a.ts', "import '../../errors.ts'"],
  ['src/keys/a.ts', "import '../http/pipeline.ts'"],
  ['src/keys/b.ts', "import 'kysely'"],
  ['src/keys/c.ts', "import '../engine/engine.ts'"],
  ['src/sessions/a.ts', "import '../wire/message.ts'"],
  ['src/sessions/b.ts', "import 'kysely'"],
  ['src/idempotency/a.ts', "import '../turn/turn.ts'"],
  ['src/idempotency/b.ts', "import 'kysely'"],
  ['src/endpoints/m.ts', "import '../idempotency/create-idempotency-keys.ts'"],
  ['src/workspaces/a.ts', "import '../engine/engine.ts'"],
  ['src/workspaces/b.ts', "import '../turn/turn.ts'"],
  ['src/engine/own-tools/a.ts', "import '../../workspaces/workspaces.ts'"],
  ['src/endpoints/k.ts', "import '../workspaces/create-workspaces.ts'"],
  ['src/mcp/a.ts', "import '../wire/message.ts'"],
  ['src/mcp/b.ts', "import 'kysely'"],
  ['src/mcp/transport/a.ts', "import '../probe.ts'"],
  ['src/engine/own-tools/b.ts', "import '../../mcp/probe.ts'"],
  ['src/mcp/c.ts', "import '../engine/engine.ts'"],
  ['src/endpoints/l.ts', "import '../mcp/create-mcp-servers.ts'"],
  ['src/endpoints/i.ts', "import '../sessions/create-sessions.ts'"],
  ['src/tools/a.ts', "import '../http/pipeline.ts'"],
  ['src/tools/b.ts', "import 'kysely'"],
  ['src/tools/c.ts', "import '../engine/engine.ts'"],
  ['src/endpoints/j.ts', "import '../tools/create-tool-policy.ts'"],
  ['src/usage/a.ts', "import '../http/pipeline.ts'"],
  ['src/usage/b.ts', "import 'kysely'"],
  ['src/usage/c.ts', "import '../keys/key-book.ts'"],
  ['src/http/h.ts', "import '../usage/ledger.ts'"],
  ['src/endpoints/h.ts', "import '../usage/ledger.ts'"],
  ['src/http/e.ts', "import '../keys/key-book.ts'"],
  ['src/http/f.ts', "import '../store/store.ts'"],
  ['src/http/g.ts', "import pg from 'pg'"],
  ['src/endpoints/f.ts', "import '../store/sqlite.ts'"],
  ['src/endpoints/g.ts', "import 'libsql'"],
  ['src/commands/d.ts', "import 'kysely'"],
  ['src/demo/a.ts', "import '../wire/chat.ts'"],
  ['src/demo/b.ts', "import '../engine/engine.ts'"],
  ['src/demo/d.ts', "import '../errors.ts'"],
  ['src/demo/c.ts', "import { Hono } from 'hono'"],
  ['src/app.ts', "import './demo/demo-model.ts'"],
  ['src/errors.ts', "import './config.ts'"],
  ['src/log.ts', "import './http/sse.ts'"],
  ['src/config.ts', "import './errors.ts'"],
  ['src/metrics.ts', "import { Hono } from 'hono'"],
  ['src/commands/a.ts', "import { Hono } from 'hono'"],
  ['src/commands/b.ts', "import '@anthropic-ai/claude-agent-sdk'"],
  ['src/commands/c.ts', "import '../main.ts'"],
]

const allowed: readonly (readonly [file: string, line: string])[] = [
  ['src/turn/ok-a.ts', "import './turn.ts'"],
  ['src/wire/ok-a.ts', "import 'zod'"],
  ['src/translate/ok-a.ts', "import '../wire/chat.ts'"],
  ['src/translate/ok-b.ts', "import '../turn/turn.ts'"],
  ['src/translate/tools/ok-a.ts', "import '../../wire/tool.ts'"],
  ['src/translate/tools/ok-b.ts', "import '../chat-to-turn.ts'"],
  ['src/translate/ok-c.ts', "import '../errors.ts'"],
  ['src/translate/ok-d.ts', "import '../image-header.ts'"],
  ['src/translate/ok-e.ts', "import '../json-meter.ts'"],
  ['src/translate/tools/ok-c.ts', "import '../../json-meter.ts'"],
  ['src/http/ok-e.ts', "import '../json-meter.ts'"],
  ['src/http/ok-f.ts', "import '../one-by-one.ts'"],
  ['src/sessions/ok-c.ts', "import '../one-by-one.ts'"],
  ['src/engine/ok-c.ts', "import '../image-header.ts'"],
  ['src/demo/ok-a.ts', "import '../image-header.ts'"],
  ['src/translate/ok-d.ts', "import '../json-schema/schema-validator.ts'"],
  ['src/json-schema/ok-a.ts', "import '../turn/json.ts'"],
  ['src/json-schema/ok-b.ts', "import 'ajv'"],
  ['src/engine/ok-a.ts', "import '../turn/turn.ts'"],
  ['src/engine/ok-b.ts', "import type { Query } from '@anthropic-ai/claude-agent-sdk'"],
  ['src/engine/claude-code.ts', "import { query } from '@anthropic-ai/claude-agent-sdk'"],
  ['src/engine/egress/ok-a.ts', "import '../failures.ts'"],
  ['src/engine/egress/ok-b.ts', "import '../../turn/turn.ts'"],
  ['src/http/ok-a.ts', "import 'hono'"],
  ['src/http/ok-b.ts', "import '@hono/node-server'"],
  ['src/endpoints/ok-a.ts', "import '../http/sse.ts'"],
  ['src/endpoints/ok-b.ts', "import '../engine/engine.ts'"],
  ['src/endpoints/ok-c.ts', "import '../json-schema/schema-validator.ts'"],
  ['src/store/ok-a.ts', "import { Kysely } from 'kysely'"],
  ['src/store/ok-b.ts', "import '../log.ts'"],
  ['src/store/migrations/ok-a.ts', "import '../tables.ts'"],
  ['src/keys/ok-a.ts', "import '../store/store.ts'"],
  ['src/keys/ok-b.ts', "import '../turn/turn.ts'"],
  ['src/sessions/ok-a.ts', "import '../store/store.ts'"],
  ['src/sessions/ok-b.ts', "import '../lease.ts'"],
  ['src/idempotency/ok-a.ts', "import '../store/store.ts'"],
  ['src/idempotency/ok-b.ts', "import '../lease.ts'"],
  ['src/endpoints/ok-i.ts', "import '../idempotency/idempotency-keys.ts'"],
  ['src/workspaces/ok-a.ts', "import '../store/store.ts'"],
  ['src/workspaces/ok-b.ts', "import '../instance.ts'"],
  ['src/endpoints/ok-g.ts', "import '../workspaces/workspaces.ts'"],
  ['src/mcp/ok-a.ts', "import '../store/store.ts'"],
  ['src/mcp/ok-b.ts', "import '../wire/mcp.ts'"],
  ['src/engine/own-tools/ok-a.ts', "import '../../mcp/transport/stdio-transport.ts'"],
  ['src/mcp/ok-c.ts', "import '../keys/pepper.ts'"],
  ['src/endpoints/ok-h.ts', "import '../mcp/mcp-servers.ts'"],
  ['src/endpoints/ok-f.ts', "import '../sessions/sessions.ts'"],
  ['src/tools/ok-a.ts', "import '../store/store.ts'"],
  ['src/tools/ok-b.ts', "import '../keys/grant.ts'"],
  ['src/endpoints/ok-g.ts', "import '../tools/tool-policy.ts'"],
  ['src/usage/ok-a.ts', "import '../store/store.ts'"],
  ['src/usage/ok-b.ts', "import '../keys/grant.ts'"],
  ['src/usage/ok-c.ts', "import '../instance.ts'"],
  ['src/engine/ok-d.ts', "import '../instance.ts'"],
  ['src/engine/ok-e.ts', "import '../remove-folder.ts'"],
  ['src/workspaces/ok-c.ts', "import '../remove-folder.ts'"],
  ['src/http/ok-d.ts', "import '../usage/request-meter.ts'"],
  ['src/endpoints/ok-e.ts', "import '../usage/usage-report.ts'"],
  ['src/http/ok-c.ts', "import '../keys/authentication.ts'"],
  ['src/endpoints/ok-d.ts', "import '../store/store.ts'"],
  ['src/commands/ok-a.ts', "import '../app.ts'"],
  ['src/commands/ok-b.ts', "import '../demo/demo-model.ts'"],
  ['src/commands/ok-c.ts', "import '../engine/pool.ts'"],
]

const environmentReads: readonly (readonly [file: string, line: string])[] = [
  ['src/engine/env-a.ts', 'export const home = process.env.HOME'],
  ['src/commands/env-b.ts', "import { env } from 'node:process'\nexport const home = env.HOME"],
]

const output = z.object({
  diagnostics: z.array(z.object({ filename: z.string(), code: z.string().optional() })),
})

let folder = ''
let problems: readonly { file: string; rule: string }[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dragoman-lint-'))
  copyFileSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'))
  for (const [file, line] of [...refused, ...allowed, ...environmentReads]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), `${line}\n`)
  }
  const linter = join(root, 'node_modules/oxlint/bin/oxlint')
  const run = spawnSync(process.execPath, [linter, '--format', 'json', 'src'], { cwd: folder, encoding: 'utf8' })
  problems = output.parse(JSON.parse(run.stdout)).diagnostics.map(({ filename, code }) => ({
    file: filename,
    rule: code ?? '',
  }))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const rulesBrokenBy = (file: string): readonly string[] =>
  problems.filter((problem) => problem.file === file).map((problem) => problem.rule)

describe('an import against the arrows is refused', () => {
  test.each(refused)('%s: %s', (file) => {
    expect(rulesBrokenBy(file)).toContain('eslint(no-restricted-imports)')
  })
})

describe('an import along the arrows is taken', () => {
  test.each(allowed)('%s: %s', (file) => {
    expect(rulesBrokenBy(file)).not.toContain('eslint(no-restricted-imports)')
  })
})

test('only the settings read the environment', () => {
  expect(rulesBrokenBy('src/engine/env-a.ts')).toContain('node(no-process-env)')
  expect(rulesBrokenBy('src/commands/env-b.ts')).toContain('eslint(no-restricted-imports)')
})
