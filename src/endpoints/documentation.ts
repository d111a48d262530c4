/** The description of the API, for programs and for people. */
import { DOCS_CSP, docsPage } from '../http/docs-page.ts'
import { htmlReply, jsonReply, type Reply } from '../http/reply.ts'
import type { ServiceEndpoint } from './services.ts'

export const openApi: ServiceEndpoint = {
  operation: {
    summary: 'This API as an OpenAPI 3.1 document',
    description: 'Made from the same schemas that check requests.',
    successes: [{ contentType: 'application/json', description: 'The document.' }],
    errors: [],
  },
  create: ({ document }) => {
    let reply: Reply | undefined
    return () => (reply ??= jsonReply(document()))
  },
}

export const docs: ServiceEndpoint = {
  operation: {
    summary: 'This API as a page',
    description: 'The OpenAPI document, readable in a browser.',
    successes: [{ contentType: 'text/html; charset=utf-8', description: 'The page.' }],
    errors: [],
  },
  create: ({ document }) => {
    let reply: Reply | undefined
    return ({ replyHeaders }) => {
      replyHeaders.set('content-security-policy', DOCS_CSP)
      replyHeaders.set('referrer-policy', 'no-referrer')
      return (reply ??= htmlReply(docsPage(document())))
    }
  },
}

export const index: ServiceEndpoint = {
  operation: {
    summary: 'Where to go from here',
    description: 'The paths that a newcomer needs.',
    successes: [{ contentType: 'application/json', description: 'The paths.' }],
    errors: [],
  },
  create: () => () =>
    jsonReply({ name: 'dragoman', base_url: '/v1', docs: '/docs', openapi: '/openapi.json', health: '/health' }),
}
