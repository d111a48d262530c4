import { USER_SAYS_HI } from './messages-client.ts'
import {
  ADAPTIVE,
  BUDGET,
  CALL,
  THOUGHT,
  TOOL,
  assistant,
  describeRefusals,
  format,
  messages,
  object,
  text,
  tool,
  toolLoop,
} from './strict-requests.ts'

describeRefusals({
  tools: [
    ['of the same name', { tools: [TOOL, TOOL] }, 'tools.1: Tool names must be unique.'],
    ['with a bad name', { tools: [tool('get weather')] }, /^tools\.0\.custom\.name: String should match pattern/],
    ['with an empty name', { tools: [tool('')] }, /^tools\.0\.custom\.name: /],
    ['with too long a name', { tools: [tool('a'.repeat(129))] }, /^tools\.0\.custom\.name: /],
    ['without a schema', { tools: [{ name: 'a' }] }, 'tools.0.custom.input_schema: Field required'],
    [
      'whose schema is no object',
      { tools: [tool('a', { input_schema: { type: 'string' } })] },
      "tools.0.custom.input_schema.type: Input should be 'object'",
    ],
    [
      'whose schema is a choice',
      { tools: [tool('a', { input_schema: { type: 'object', anyOf: [] } })] },
      /^tools\.0\.custom\.input_schema: .*anyOf/,
    ],
    [
      'that are strict and leave the object open',
      { tools: [tool('a', { strict: true })] },
      /^tools\.0\.custom\.input_schema: .*additionalProperties/,
    ],
    ['missing beside a tool_choice', { tool_choice: { type: 'auto' } }, /^tool_choice: .*while providing tools/],
    [
      'without the one that is chosen',
      { tools: [TOOL], tool_choice: { type: 'tool', name: 'b' } },
      "tool_choice: Tool 'b' not found in provided tools",
    ],
    [
      'forced on a model that refuses it',
      { model: 'claude-opus-5-5', tools: [TOOL], tool_choice: { type: 'any' } },
      /^tool_choice: type "any" is not supported/,
    ],
    [
      'forced together with thinking',
      { model: 'claude-sonnet-5', ...ADAPTIVE, tools: [TOOL], tool_choice: { type: 'any' } },
      /^tool_choice: Thinking may not be enabled/,
    ],
    [
      'named together with a thinking budget',
      { ...BUDGET, tools: [TOOL], tool_choice: { type: 'tool', name: TOOL.name } },
      /^tool_choice: Thinking may not be enabled/,
    ],
  ],
  thinking: [
    [
      'with a budget under 1024',
      { thinking: { type: 'enabled', budget_tokens: 1023 }, max_tokens: 2000 },
      'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024',
    ],
    [
      'with a budget not below max_tokens',
      { thinking: { type: 'enabled', budget_tokens: 2000 }, max_tokens: 2000 },
      'max_tokens: must be greater than `thinking.budget_tokens`.',
    ],
    [
      'with a budget, on a model that refuses it',
      { ...BUDGET, model: 'claude-opus-4-7' },
      /^thinking: "thinking\.type\.enabled" is not supported/,
    ],
    [
      'off, on a model that cannot',
      { model: 'claude-opus-5-5', thinking: { type: 'disabled' } },
      /^thinking: "thinking\.type\.disabled" is not supported/,
    ],
    ['adaptive, on a model that cannot', ADAPTIVE, 'thinking: adaptive thinking is not supported on this model'],
    [
      'with a block that was changed',
      messages(...USER_SAYS_HI, assistant({ ...THOUGHT, thinking: 'Ha.' }, text('x')), ...USER_SAYS_HI),
      'messages.1.content.0: Invalid `signature` in `thinking` block',
    ],
    [
      'on a budget, with a tool call without its thinking',
      { ...BUDGET, ...toolLoop(CALL) },
      /^messages\.1\.content\.0\.type: Expected `thinking` .* found `tool_use`/,
    ],
    [
      'that is adaptive, with a tool call without its thinking',
      { model: 'claude-sonnet-5', ...ADAPTIVE, ...toolLoop(text('so'), CALL) },
      /^messages\.1\.content\.0\.type: Expected `thinking` .* found `text`/,
    ],
  ],
  sampling: [
    [
      'by temperature, with thinking',
      { ...BUDGET, temperature: 0.5 },
      /^temperature: `temperature` may only be set to 1/,
    ],
    ['by top_p, with thinking', { ...BUDGET, top_p: 0.5 }, /^top_p: .*0\.95/],
    ['by top_k, with thinking', { ...BUDGET, top_k: 5 }, /^top_k: .*unset when thinking/],
    [
      'by temperature, on a model without',
      { model: 'claude-opus-4-7', temperature: 0 },
      /^temperature: .*not supported for this model/,
    ],
    [
      'by top_p, on a model without',
      { model: 'claude-haiku-5-5', top_p: 0.9 },
      /^top_p: .*not supported for this model/,
    ],
    ['by top_k, on a model without', { model: 'claude-sonnet-5', top_k: 5 }, /^top_k: .*not supported for this model/],
    ['by temperature and top_p at once', { temperature: 0.5, top_p: 0.5 }, /^top_p: .*cannot both be specified/],
    ['with a temperature above 1', { temperature: 1.5 }, 'temperature: Input should be less than or equal to 1'],
  ],
  output_config: [
    [
      'with a format, on a model without',
      { model: 'claude-sonnet-4', ...format(object({})) },
      /^output_config\.format: .*does not support output format/,
    ],
    ['with an effort, on a model without', { output_config: { effort: 'low' } }, /^output_config\.effort: /],
    [
      'with an unknown effort',
      { output_config: { effort: 'huge' } },
      /^output_config\.effort: Input should be 'low' or/,
    ],
    [
      'with an open object',
      format({ type: 'object', properties: {} }),
      /^output_config\.format\.schema: .*'additionalProperties' must be/,
    ],
    [
      'with a length',
      format(object({ a: { type: 'string', minLength: 2 } })),
      /^output_config\.format\.schema\.properties\.a: .*'minLength'/,
    ],
    [
      'with a bound, deep down',
      format(object({ a: { type: 'array', items: { type: 'number', maximum: 2 } } })),
      /\.properties\.a\.items: .*'maximum'/,
    ],
    [
      'with a list of at least two',
      format(object({ a: { type: 'array', minItems: 2 } })),
      /'minItems' values other than 0 or 1/,
    ],
    ['with a schema that holds itself', format({ ...object({ next: { $ref: '#' } }) }), /Recursive schemas/],
  ],
})
