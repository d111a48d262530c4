/**
 * Writes the pages that are tables of the code: docs/settings.md from `SETTINGS`, docs/parameters.md from the fate
 * table, docs/limits.md from the table of limits.
 *
 *   tsx scripts/generate-docs.ts [--check]
 *
 * With `--check` it writes nothing and fails when a page is not what it would write.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isLive } from '../src/commands/live-config.ts'
import { flagOf, SETTING_NAMES, shownDefault } from '../src/commands/setting-flags.ts'
import { SETTINGS } from '../src/config.ts'
import { limitsPage } from './limits-page.ts'
import { COMPLETION_FATES, COMPLETION_PARAMETERS } from '../src/translate/parameters/completion-params.ts'
import { CHAT_PARAMETERS, FATES } from '../src/translate/parameters/params.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const MADE_BY = '<!-- Made by `npm run docs`. Change the code, not this page. -->'

const row = (...cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
const code = (text: string): string => `\`${text}\``

function settingsPage(): string {
  const rows = SETTING_NAMES.map((name) => {
    const fallback = shownDefault(name)
    const isWords = SETTINGS[name].shownDefault !== undefined
    const shown = fallback === undefined ? '' : isWords ? fallback : code(fallback)
    return row(
      code(name),
      code(`--${SETTINGS[name].default === true ? 'no-' : ''}${flagOf(name)}`),
      shown,
      isLive(name) ? 'live' : 'restart',
      SETTINGS[name].doc,
    )
  })
  return `${MADE_BY}

# Settings

Every setting is a flag, an environment variable of the same name, a line in the file \`.env\` of the folder you start in, or an entry
of the file that \`CONFIG_FILE\` names. They win in this order. An empty value counts as not set. Settings that
are true or false take \`true\`, \`false\`, \`1\`, \`0\`, \`yes\`, \`no\`, \`on\`, \`off\`; as flags they are given alone, such as
\`--strict-port\` or \`--no-egress\`. A value that cannot be used stops the start with exit code 2 and a line that says which and why.

The file of \`CONFIG_FILE\` is a JSON object, in which comments are allowed. Lists and objects are written as such:

\`\`\`json
{
  // What pages may call, and by which names models are known.
  "CORS_ORIGINS": ["https://app.example.com"],
  "MODEL_ALIASES": { "gpt-4o": "sonnet" },
  "RATE_LIMIT_CHAT_PER_MINUTE": 60
}
\`\`\`

A name that is none is refused, with its line and the name that was probably meant. \`dragoman check-config\` tries the settings without starting
anything. On SIGHUP a running server reads the file and \`.env\` anew (\`systemctl reload\`, \`kill -HUP\`): the settings marked _live_ hold for every
request that comes from then on, all at once, while those that run keep what they began with; of the others the log names those that have changed and need
a restart. When anything is wrong the old settings stay, the log has one error with the file and the line, and
\`dragoman_config_reloads_total{outcome="failed"}\` goes up.

A key given as a flag can be seen by other users of the machine in the list of processes: prefer the environment.

| Setting | Flag | Default | Change | What it does |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

## Claude Code's own variables

How Claude Code logs in is found in its own variables; the first of these that is set wins:

1. \`CLAUDE_CODE_USE_BEDROCK\` (with \`AWS_*\`), \`CLAUDE_CODE_USE_VERTEX\` (with \`GOOGLE_*\`, \`CLOUD_ML_*\`, \`ANTHROPIC_VERTEX_*\`),
   \`CLAUDE_CODE_USE_FOUNDRY\` (with \`AZURE_*\`, \`ANTHROPIC_FOUNDRY_*\`)
2. \`ANTHROPIC_AUTH_TOKEN\`
3. \`ANTHROPIC_API_KEY\`
4. \`CLAUDE_CODE_OAUTH_TOKEN\`
5. the login that \`dragoman login\` (or \`claude\` and its command \`/login\`) stored (\`CLAUDE_CONFIG_DIR\` says where, if not in the usual folder)

\`CLAUDE_AUTH_METHOD\` chooses instead: \`cli\` takes 4 or 5, \`api_key\` takes 2 or 3, and \`bedrock\`, \`vertex\` and \`foundry\` need no
variable that says so. What a provider's login is likely to lack (a region, a project, credentials) is named by \`dragoman doctor\`, the banner
and \`GET /v1/auth/status\`. What your home keeps of a provider's login (\`~/.aws/config\` and \`credentials\`, Google's
\`application_default_credentials.json\`, \`~/.azure\`) is found there; a login to AWS by single sign-on, whose tokens lie beside these, is not:
give keys or a role instead.

\`ANTHROPIC_BASE_URL\` and the usual proxy and certificate variables (\`HTTPS_PROXY\`, \`NO_PROXY\`, \`NODE_EXTRA_CA_CERTS\`) are
honoured. A Claude Code process gets what its login needs and no other variable of yours.
`
}

function parametersPage(): string {
  const chatRows = CHAT_PARAMETERS.map((name) => row(code(name), FATES[name].kind, FATES[name].why))
  const completionRows = COMPLETION_PARAMETERS.map((name) =>
    row(code(name), COMPLETION_FATES[name].kind, COMPLETION_FATES[name].why),
  )
  return `${MADE_BY}

# What becomes of each parameter

\`POST /v1/chat/completions\` and \`POST /v1/completions\` know every parameter of OpenAI's API, and each has one of three fates:

- **mapped**: it is honoured.
- **ignored**: it is dropped, and the answer's header \`x-dragoman-ignored\` names it. With \`STRICT_PARAMS\` it is refused.
- **rejected**: the request is refused with 400 \`unsupported_parameter\`, because the answer would not be what was asked for.

A value that asks for nothing beyond what happens anyway (\`n: 1\`, \`temperature: 1\`, \`tools: []\`, \`null\` for anything optional)
is never refused and never named. Parameters that are not in the table are accepted and ignored.

## POST /v1/chat/completions

| Parameter | Fate | What that means |
| --- | --- | --- |
${chatRows.join('\n')}

## POST /v1/completions

| Parameter | Fate | What that means |
| --- | --- | --- |
${completionRows.join('\n')}
`
}

const PAGES: readonly (readonly [path: string, render: () => string])[] = [
  ['docs/settings.md', settingsPage],
  ['docs/parameters.md', parametersPage],
  ['docs/limits.md', () => limitsPage(MADE_BY)],
]

function currentText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

for (const [page, render] of PAGES) {
  const path = `${root}${page}`
  if (currentText(path) === render()) continue
  if (process.argv.includes('--check')) {
    console.error(`${relative(root, path)} is not up to date: npm run docs`)
    process.exitCode = 1
  } else {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, render())
    console.error(`wrote ${relative(root, path)}`)
  }
}
