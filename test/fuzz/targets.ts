import { createMcpTarget, processLines, upstreamEvents } from './engine-targets.ts'
import type { Target } from './fuzzer.ts'
import { createHttpTarget } from './http-target.ts'
import { createSchemaTarget, door, images, stops } from './parser-targets.ts'
import { createRequestTarget } from './request-target.ts'

/** Every parser of bytes that nobody vouches for, by its folder in the corpus. */
export const TARGETS: Readonly<Record<string, () => Target>> = {
  request: createRequestTarget,
  http: createHttpTarget,
  'process-lines': () => processLines,
  'upstream-events': () => upstreamEvents,
  'mcp-answers': createMcpTarget,
  images: () => images,
  schemas: createSchemaTarget,
  'stop-sequences': () => stops,
  door: () => door,
}
