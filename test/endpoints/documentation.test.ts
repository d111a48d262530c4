import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { ROUTES } from '../../src/app.ts'
import { docsPage } from '../../src/http/docs-page.ts'
import { isSchema, openApiDocument } from '../../src/http/openapi.ts'
import { chat, createTestApp, eventsOf } from '../support/app.ts'

const document = openApiDocument(ROUTES, '1.2.3')

/** A validator of a component, as a client that reads the document would make one. */
function validator(name: string) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema({ ...document, $id: 'doc' })
  return ajv.compile({ $ref: `doc#/components/schemas/${name}` })
}

test('every route is described, with the errors that it can have', () => {
  for (const { method, path } of ROUTES) {
    const operation = document.paths[path]?.[method.toLowerCase()]
    expect(Object.keys(operation?.responses ?? {})).toEqual(expect.arrayContaining(['200', '403', '429', '500']))
  }
  expect(Object.keys(document.paths['/v1/chat/completions']?.['post']?.responses ?? {})).toEqual(
    expect.arrayContaining(['400', '401', '404', '413', '429', '502', '503', '504']),
  )
})

test('operation ids are unique', () => {
  const ids = Object.values(document.paths).flatMap((methods) => Object.values(methods).map((one) => one.operationId))
  expect(new Set(ids).size).toBe(ids.length)
})

test('every reference leads to a component', () => {
  const references = JSON.stringify(document).match(/#\/[^"]*/g) ?? []
  const names = new Set(Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`))
  expect(references.filter((reference) => !names.has(reference))).toEqual([])
})

test('every parameter of a chat request tells what becomes of it', () => {
  const { properties } = document.components.schemas['CreateChatCompletionRequest'] ?? {}
  for (const property of Object.values(isSchema(properties) ? properties : {})) {
    expect(property).toMatchObject({ description: expect.any(String), 'x-fate': expect.any(String) })
  }
})

test('answers, chunks and errors are valid by the document', async () => {
  const { request } = createTestApp()
  const whole = await request('/v1/chat/completions', chat())
  expect(validator('CreateChatCompletionResponse')(await whole.json())).toBe(true)
  const stream = await request('/v1/chat/completions', chat({ stream: true }))
  const isChunk = validator('CreateChatCompletionStreamResponse')
  for (const event of eventsOf(await stream.text()).slice(0, -1)) expect(isChunk(JSON.parse(event))).toBe(true)
  expect(validator('ErrorResponse')(await (await request('/nope')).json())).toBe(true)
  expect(validator('ListModelsResponse')(await (await request('/v1/models')).json())).toBe(true)
  expect(validator('Health')(await (await request('/health')).json())).toBe(true)
})

test('the document is served as it is', async () => {
  const served: unknown = await (await createTestApp().request('/openapi.json')).json()
  expect(served).toEqual(openApiDocument(ROUTES, '0.0.0'))
})

test('the page runs nothing and loads nothing', async () => {
  const response = await createTestApp().request('/docs')
  const policy = response.headers.get('content-security-policy') ?? ''
  expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; /)
  expect(policy).not.toContain('unsafe')
  const html = await response.text()
  expect(html).not.toMatch(/<script|\son\w+=|\sstyle=|<link|<img/i)
})

test('the page shows every route and every chat parameter', () => {
  const html = docsPage(document)
  for (const { path } of ROUTES) expect(html).toContain(`<code>${path}</code>`)
  for (const name of ['reasoning_effort', 'logit_bias', 'messages']) expect(html).toContain(`<code>${name}</code>`)
})

test('the page tells the type of every chat parameter', () => {
  expect(docsPage(document)).not.toContain('<td>any</td>')
})

test('the page escapes what the document says', () => {
  const html = docsPage({ ...document, info: { ...document.info, title: '<b>&"', description: '<img src=x> `<i>`' } })
  expect(html).toContain('&#60;b&#62;&#38;&#34; API')
  expect(html).toContain('<code>&#60;i&#62;</code>')
  expect(html).not.toContain('<img')
})
