import { jsonReply } from '../http/reply.ts'
import type { BudgetState, UsageReport as ReportedUsage } from '../usage/usage-report.ts'
import { parseBody } from '../wire/parse.ts'
import { type UsageBudget, usageQuerySchema, type UsageReport, usageReportSchema } from '../wire/usage-report.ts'
import type { ServiceEndpoint } from './services.ts'

export const usage: ServiceEndpoint = {
  operation: {
    summary: 'What callers took of the models',
    description:
      'Requests, tokens and cost by day, model and key. A key sees what it took itself; one with the scope `admin` what all did. Days are in UTC.',
    query: {
      start: 'The first day, such as `2030-12-01` (default: 29 days before the last).',
      end: 'The last day (default: today).',
      group_by: '`day`, `model`, `key`, or several with commas between them (default: `day`).',
    },
    successes: [{ contentType: 'application/json', description: 'The sums.', schema: usageReportSchema }],
    errors: ['invalid_value', 'store_unavailable'],
  },
  create:
    ({ usage: reports }) =>
    async ({ query, principal, grant }) => {
      const { start: from, end: to, group_by: groupBy = ['day'] } = parseBody(usageQuerySchema, query)
      const whose = grant.scopes.includes('admin') ? {} : { principalId: principal.id }
      const report = await reports.report({ from, to, groupBy, ...whose })
      const { day, month } = await reports.budgets(principal.id, grant)
      const answer: UsageReport = {
        object: 'usage',
        start: report.start,
        end: report.end,
        data: report.groups.map((sum) => ({
          ...(groupBy.includes('day') && { day: sum.day ?? '' }),
          ...(groupBy.includes('model') && { model: sum.model === '' ? null : sum.model }),
          ...(groupBy.includes('key') && { key: { id: sum.principal ?? '', name: sum.name ?? '' } }),
          ...sumsOf(sum),
        })),
        total: sumsOf(report.total),
        budgets: { day: budgetOf(day), month: budgetOf(month) },
      }
      return jsonReply(answer)
    },
}

const NANO = 1e9

function sumsOf(sum: ReportedUsage['total']): UsageReport['total'] {
  return {
    requests: sum.requests,
    failed: sum.failed,
    num_model_requests: sum.calls,
    input_tokens: sum.inputTokens,
    input_cached_tokens: sum.cacheReadTokens,
    input_cache_write_tokens: sum.cacheWriteTokens,
    output_tokens: sum.outputTokens,
    reasoning_tokens: sum.reasoningTokens,
    cost: sum.costNano / NANO,
  }
}

function budgetOf(state: BudgetState | undefined): UsageBudget | null {
  if (state === undefined) return null
  return {
    limit: state.limitNano / NANO,
    used: state.usedNano / NANO,
    reserved: state.reservedNano / NANO,
    resets_at: new Date(state.resetsAt).toISOString(),
  }
}
