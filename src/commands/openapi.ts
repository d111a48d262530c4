import { ROUTES } from '../app.ts'
import { openApiDocument } from '../http/openapi.ts'
import type { Output } from './output.ts'
import { packageInfo } from './package-info.ts'

/** The same document as `GET /openapi.json`, without a server. */
export function printOpenApi(output: Output): void {
  output.write(`${JSON.stringify(openApiDocument(ROUTES, packageInfo().version), null, 2)}\n`)
}
