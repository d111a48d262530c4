import { USER_SAYS_HI } from './messages-client.ts'
import { CALL, MARK, RESULT, assistant, describeRefusals, messages, text, tool, user } from './strict-requests.ts'

describeRefusals({
  'the body': [
    ['without messages', { messages: undefined }, 'messages: Field required'],
    ['with no message', messages(), 'messages: at least one message is required'],
    ['without max_tokens', { max_tokens: undefined }, 'max_tokens: Field required'],
    ['with max_tokens 0', { max_tokens: 0 }, 'max_tokens: Input should be greater than or equal to 1'],
    ['with max_tokens above the cap', { max_tokens: 64_001 }, /^max_tokens: 64001 > 64000, .* for claude-sonnet-4-5$/],
    ['without a model', { model: undefined }, 'model: Field required'],
    ['with an unknown field', { frequency_penalty: 1 }, 'frequency_penalty: Extra inputs are not permitted'],
    ['with a blank stop sequence', { stop_sequences: ['END', '\n'] }, /^stop_sequences\.1: /],
    ['with an unknown role', messages({ role: 'tool', content: 'x' }), /^messages\.0\.role: /],
    ['with an unknown block', messages(user({ type: 'video' })), /^messages\.0\.content\.0\.type: /],
    [
      'with a text block without text',
      messages(user(text('a'), { type: 'text' })),
      'messages.0.content.1.text: Field required',
    ],
    [
      'with an image of an unknown kind',
      messages(user({ type: 'image', source: { type: 'base64', media_type: 'image/bmp', data: 'aGk=' } })),
      /^messages\.0\.content\.0\.source\.media_type: /,
    ],
    [
      'with more text than the model can read',
      messages({ role: 'user', content: 'x'.repeat(800_004) }),
      'prompt is too long: 200001 tokens > 200000 maximum',
    ],
  ],
  messages: [
    [
      'that open with an assistant',
      messages(assistant(text('hello')), ...USER_SAYS_HI),
      /^messages\.0\.role: .*"user"/,
    ],
    [
      'with an empty text block',
      messages(user(text('a'), text(''))),
      'messages.0.content.1: text content blocks must be non-empty',
    ],
    [
      'with a blank text block',
      messages(user(text(' \n'))),
      'messages.0.content.0: text content blocks must contain non-whitespace text',
    ],
    [
      'with an empty string',
      messages({ role: 'user', content: '' }),
      /^messages\.0\.content: all messages must have non-empty content/,
    ],
    [
      'with no block',
      messages(user(), user(text('a'))),
      /^messages\.0\.content: all messages must have non-empty content/,
    ],
    [
      'with an empty text in a tool result',
      messages(...USER_SAYS_HI, assistant(CALL), user({ ...RESULT, content: [text('')] })),
      /^messages\.2\.content\.0\.content\.0: /,
    ],
    [
      'with a prefill, on a model without',
      { ...messages(...USER_SAYS_HI, assistant(text('So'))), model: 'claude-sonnet-5' },
      /^messages\.1\.role: .*prefill/,
    ],
    [
      'with a prefill that ends in white space',
      messages(...USER_SAYS_HI, assistant(text('So '))),
      /^messages\.1\.content: .*trailing whitespace/,
    ],
    [
      'with a tool call in a user message',
      messages(user(CALL)),
      'messages.0.content.0: `tool_use` blocks can only be in `assistant` messages',
    ],
    [
      'with a system message that says nothing',
      messages(...USER_SAYS_HI, { role: 'system', content: [] }),
      /^messages\.1: /,
    ],
    [
      'with an empty block in the system prompt',
      { system: [text('')] },
      'system.0: text content blocks must be non-empty',
    ],
  ],
  'tool calls': [
    [
      'without a result',
      messages(...USER_SAYS_HI, assistant(CALL), ...USER_SAYS_HI),
      /^messages\.1: `tool_use` ids were found without .* toolu_1\./,
    ],
    ['at the end', messages(...USER_SAYS_HI, assistant(CALL)), /^messages\.1: `tool_use` ids were found without/],
    [
      'whose result comes behind text',
      messages(...USER_SAYS_HI, assistant(CALL), user(text('a'), RESULT)),
      /^messages\.1: `tool_use` ids were found without/,
    ],
    [
      'whose result comes a message too late',
      messages(...USER_SAYS_HI, assistant(CALL), ...USER_SAYS_HI, user(RESULT)),
      /^messages\.1: /,
    ],
    [
      'of which one has no result',
      messages(...USER_SAYS_HI, assistant(CALL, { ...CALL, id: 'toolu_2' }), user(RESULT)),
      /after: toolu_2\./,
    ],
    [
      'with the same id',
      messages(...USER_SAYS_HI, assistant(CALL, CALL), user(RESULT)),
      'messages.1.content.1: `tool_use` ids must be unique',
    ],
    [
      'with an odd id',
      messages(...USER_SAYS_HI, assistant({ ...CALL, id: 'a b' }), user(RESULT)),
      /^messages\.1\.content\.0\.id: String should match pattern/,
    ],
  ],
  'tool results': [
    ['without a call', messages(user(RESULT)), /^messages\.0\.content\.0: unexpected `tool_use_id` .* toolu_1\./],
    [
      'of another call',
      messages(...USER_SAYS_HI, assistant(CALL), user(RESULT, { ...RESULT, tool_use_id: 'toolu_9' })),
      /^messages\.2\.content\.1: unexpected/,
    ],
    [
      'given twice',
      messages(...USER_SAYS_HI, assistant(CALL), user(RESULT, RESULT)),
      /^messages\.2\.content\.1: each tool_use must have a single result/,
    ],
  ],
  cache_control: [
    [
      'five times',
      {
        system: [text('a', MARK), text('b', MARK)],
        messages: [user(text('c', MARK), text('d', MARK), text('e', MARK))],
      },
      /maximum of 4 .* Found 5\./,
    ],
    [
      'also inside of tool results',
      {
        tools: [tool('a', MARK), tool('b', MARK), tool('c', MARK)],
        ...messages(...USER_SAYS_HI, assistant(CALL), user({ ...RESULT, content: [text('x', MARK)], ...MARK })),
      },
      /Found 5\./,
    ],
  ],
})
