/** The OpenAPI document as one readable page, without script. Pure. */
import { createHash } from 'node:crypto'
import { isSchema, type JsonSchema, type OpenApiDocument, type OpenApiOperation } from './openapi.ts'

const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --soft: color-mix(in srgb, currentColor 6%, transparent) }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 4rem }
h1 { margin-bottom: 0 } h2 { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line) }
h2 .method { font-size: .7em; letter-spacing: .05em; padding: .2em .5em; border-radius: 4px; background: var(--soft); margin-right: .5em }
code, pre { font: .9em/1.5 ui-monospace, monospace; background: var(--soft); border-radius: 4px }
code { padding: .1em .3em; overflow-wrap: anywhere } pre { padding: 1rem; overflow-x: auto } pre code { background: none; padding: 0 }
table { border-collapse: collapse; width: 100%; font-size: .94em } th, td { text-align: left; vertical-align: top; padding: .45rem .7rem .45rem 0; border-bottom: 1px solid var(--line) }
.wide { overflow-x: auto } .quiet { opacity: .7 } nav ul { padding-left: 1.2rem } a { color: inherit }
td:first-child code { white-space: nowrap }
@media (max-width: 45rem) { thead { display: none } tr, td { display: block } td { border: 0; padding: .1rem 0 } tr { border-bottom: 1px solid var(--line); padding: .5rem 0 } }
`.trim()

/** Nothing may run or load on the page but the style it brings. */
export const DOCS_CSP = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export function docsPage(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
  const links = operations.map(
    ({ path, method, operation }) =>
      `<li><a href="#${escape(operation.operationId)}"><code>${method} ${escape(path)}</code></a> ${escape(operation.summary)}</li>`,
  )
  const sections = operations.map(({ path, method, operation }) => section(document, path, method, operation))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(document.info.title)} API</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escape(document.info.title)} API</h1>
<p class="quiet">Version ${escape(document.info.version)} · <a href="openapi.json">OpenAPI document</a></p>
${prose(document.info.description)}
</header>
<nav><ul>
${links.join('\n')}
</ul></nav>
<main>
${sections.join('\n')}
</main>
</body>
</html>
`
}

function section(document: OpenApiDocument, path: string, method: string, operation: OpenApiOperation): string {
  const aliases = operation['x-aliases'] ?? []
  const key = operation.security.length > 0 ? 'Needs the key where the server has one.' : 'Needs no key.'
  const also =
    aliases.length > 0 ? ` Also at ${aliases.map((alias) => `<code>${escape(alias)}</code>`).join(', ')}.` : ''
  const body = operation.requestBody?.content['application/json']
  return [
    `<section id="${escape(operation.operationId)}">`,
    `<h2><span class="method">${method}</span><code>${escape(path)}</code></h2>`,
    `<p><strong>${escape(operation.summary)}</strong></p>`,
    prose(operation.description),
    `<p class="quiet">${key}${also}</p>`,
    ...(['path', 'query'] as const).map((place) =>
      table(
        [place === 'path' ? 'Path parameter' : 'Query parameter', 'Meaning'],
        operation.parameters
          .filter((parameter) => parameter.in === place)
          .map(({ name, description }) => [code(name), inline(description)]),
      ),
    ),
    body === undefined ? '' : parameterTable(document, body.schema),
    `<h3>Try it</h3><pre><code>${escape(curl(path, method, operation.security.length > 0, body?.example))}</code></pre>`,
    '<h3>Answers</h3>',
    table(
      ['Status', 'Meaning'],
      Object.entries(operation.responses).map(([status, { description, content }]) => [
        code(status),
        `${prose(description)}${Object.keys(content ?? {})
          .map((type) => `<span class="quiet">${escape(type)}</span>`)
          .join(' ')}`,
      ]),
    ),
    '</section>',
  ].join('\n')
}

function parameterTable(document: OpenApiDocument, schema: JsonSchema): string {
  const { properties, required } = resolve(document, schema)
  const needed: readonly unknown[] = Array.isArray(required) ? required : []
  const rows = Object.entries(isSchema(properties) ? properties : {}).map(([name, property]) => {
    if (!isSchema(property)) return [code(name), '', '', '']
    const { description = '', 'x-fate': fate = '' } = property
    return [
      `${code(name)}${needed.includes(name) ? ' <span class="quiet">required</span>' : ''}`,
      escape(typeText(document, property)),
      inline(String(description)),
      inline(String(fate)),
    ]
  })
  return `<h3>Parameters</h3>${table(['Name', 'Type', 'Meaning', 'What becomes of it'], rows)}`
}

/** A schema in a word or two. That an optional one may be null goes without saying. */
function typeText(document: OpenApiDocument, schema: JsonSchema): string {
  const { type, enum: values, const: value, anyOf, oneOf, items, minimum, maximum } = resolve(document, schema)
  if (value !== undefined) return JSON.stringify(value)
  if (Array.isArray(values)) return values.map((one) => JSON.stringify(one)).join(', ')
  const branches = Array.isArray(anyOf) ? anyOf : Array.isArray(oneOf) ? oneOf : undefined
  if (branches !== undefined) {
    const texts = branches.filter(isSchema).map((branch) => typeText(document, branch))
    return [...new Set(texts.filter((text) => text !== 'null'))].join(' or ')
  }
  if (type === 'array') return isSchema(items) ? `list of ${typeText(document, items)}` : 'list'
  const range = isSmall(minimum) ? (isSmall(maximum) ? `, ${minimum} to ${maximum}` : `, from ${minimum}`) : ''
  const name = Array.isArray(type) ? type.filter((one) => one !== 'null').join(' or ') : type
  return typeof name === 'string' ? `${name}${range}` : 'any'
}

/** Zod writes the bounds of safe integers, which tell a reader nothing. */
function isSmall(bound: unknown): bound is number {
  return typeof bound === 'number' && Math.abs(bound) < Number.MAX_SAFE_INTEGER
}

function resolve(document: OpenApiDocument, schema: JsonSchema): JsonSchema {
  const { $ref: reference, ...own } = schema
  if (typeof reference !== 'string') return schema
  return { ...document.components.schemas[reference.replace('#/components/schemas/', '')], ...own }
}

function curl(path: string, method: string, needsKey: boolean, example: unknown): string {
  const lines = [
    `curl ${method === 'GET' ? '' : `-X ${method} `}http://localhost:8000${path.replace('{id}', 'sonnet')}`,
  ]
  if (needsKey) lines.push(`-H "Authorization: Bearer $API_KEY"`)
  if (example !== undefined) lines.push(`-H "Content-Type: application/json"`, `-d '${JSON.stringify(example)}'`)
  return lines.join(' \\\n  ')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const cells = (tag: string, texts: readonly string[]): string =>
    texts.map((text) => `<${tag}>${text}</${tag}>`).join('')
  const lines = rows.map((row) => `<tr>${cells('td', row)}</tr>`)
  return `<div class="wide"><table><thead><tr>${cells('th', head)}</tr></thead><tbody>${lines.join('\n')}</tbody></table></div>`
}

function prose(text: string): string {
  return text
    .split(/\n{2,}/)
    .map((paragraph) => `<p>${inline(paragraph)}</p>`)
    .join('\n')
}

/** Escaped text in which back-quoted words are code. */
function inline(text: string): string {
  return escape(text).replace(/`([^`]+)`/g, '<code>$1</code>')
}

function code(text: string): string {
  return `<code>${escape(text)}</code>`
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
