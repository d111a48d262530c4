/** The fate of every parameter of a legacy completions request. */
import { type CompletionRequest, completionRequestSchema } from '../../wire/completion-request.ts'
import { type FateTable, judge, type Judgement } from './fates.ts'
import { FATES } from './params.ts'

const NO_TOKENS = 'The model API gives no token probabilities.'

/** The same as in a chat, for values of any kind. */
const like = ({ kind, why }: Pick<Judgement, 'kind' | 'why'>): Pick<Judgement, 'kind' | 'why'> => ({ kind, why })

export const COMPLETION_FATES: FateTable<CompletionRequest> = {
  model: like(FATES.model),
  prompt: { kind: 'mapped', why: 'Each is a question of its own. Lists of tokens are refused: Claude has others.' },
  suffix: { kind: 'rejected', why: 'Models of this kind do not fill in.', isDefault: (value) => value === '' },
  stream: like(FATES.stream),
  stream_options: like(FATES.stream_options),
  max_tokens: { kind: 'mapped', why: 'Limit on output tokens; unless given, what the model can write.' },
  temperature: like(FATES.temperature),
  top_p: like(FATES.top_p),
  frequency_penalty: { ...like(FATES.frequency_penalty), isDefault: (value) => value === 0 },
  presence_penalty: { ...like(FATES.presence_penalty), isDefault: (value) => value === 0 },
  logit_bias: { ...like(FATES.logit_bias), isDefault: (value) => Object.keys(value).length === 0 },
  seed: like(FATES.seed),
  stop: like(FATES.stop),
  n: { kind: 'mapped', why: 'That many texts for each prompt, side by side. Each prompt counts once in `usage`.' },
  best_of: { kind: 'rejected', why: NO_TOKENS, isDefault: (value, { n }) => value <= (n ?? 1) },
  logprobs: { kind: 'rejected', why: NO_TOKENS, isDefault: () => false },
  echo: { kind: 'mapped', why: 'Each text begins with its prompt.' },
  user: like(FATES.user),
}

/** In the order of the schema. */
export const COMPLETION_PARAMETERS: readonly (keyof CompletionRequest)[] = completionRequestSchema.keyof().options

export function judgeCompletion(request: CompletionRequest): Judgement[] {
  return judge(COMPLETION_FATES, COMPLETION_PARAMETERS, request)
}
