import type { ServiceEndpoint } from './services.ts'

export const metrics: ServiceEndpoint = {
  operation: {
    summary: 'Numbers for Prometheus',
    description: 'Processes, queue, turns by outcome and their times, in the text format of Prometheus.',
    successes: [{ contentType: 'text/plain; version=0.0.4; charset=utf-8', description: 'The numbers.' }],
    errors: [],
  },
  create:
    ({ metrics: numbers }) =>
    async () => ({ kind: 'document', status: 200, contentType: numbers.contentType, body: await numbers.render() }),
}
