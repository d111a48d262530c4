/**
 * The closed table of everything a caller can be told went wrong. The words are ours: no path, host, stack or upstream
 * text. Types and codes follow OpenAI's error reference, so that client libraries raise the matching error class.
 */
export interface ErrorRow {
  readonly status: number
  readonly type: string
  /** False sends `x-should-retry: false`: the same request would fail again. */
  readonly retry: boolean
  /** Seconds for `retry-after` when the failure brings none of its own. */
  readonly retryAfterSeconds?: number
  readonly message: string
  /** For `retry-after-ms`, which OpenAI's clients prefer. */
  readonly retryAfterMs?: number
  /** The body says how long to wait too. */
  readonly tellsWait?: true
  /** The `code` in the body where two rows share it; the row's own name otherwise. */
  readonly code?: string
}

const invalid = (message: string, status = 400): ErrorRow => ({
  status,
  type: 'invalid_request_error',
  retry: false,
  message,
})

const ERRORS = {
  invalid_json: invalid('The body is not valid JSON.'),
  invalid_type: invalid('A parameter has the wrong type.'),
  invalid_value: invalid('A parameter has an invalid value.'),
  unsupported_value: invalid('A parameter has a value that is not supported.'),
  missing_required_parameter: invalid('A required parameter is missing.'),
  unknown_parameter: invalid('A parameter is not known.'),
  empty_array: invalid('An array is empty.'),
  array_above_max_length: invalid('An array is too long.'),
  string_above_max_length: invalid('A string is too long.'),
  integer_below_min_value: invalid('A number is too small.'),
  integer_above_max_value: invalid('A number is too large.'),
  decimal_below_min_value: invalid('A number is too small.'),
  decimal_above_max_value: invalid('A number is too large.'),
  invalid_image_url: invalid('The URL of an image is not an https or data URL.'),
  invalid_base64_image: invalid('An image is not in base64.'),
  invalid_image_format: invalid('An image is not a PNG, JPEG, GIF or WebP.'),
  image_parse_error: invalid('An image cannot be read.'),
  image_too_large: invalid('An image has too many pixels.'),
  image_file_too_large: invalid('An image has too many bytes.'),
  empty_image_file: invalid('An image has no bytes.'),
  invalid_function_parameters: invalid('The parameters of a function are not a JSON schema of an object.'),
  invalid_json_schema: invalid('The JSON schema of the answer cannot be used.'),
  unsupported_parameter: invalid('A parameter is not supported.'),
  unsupported_content_type: invalid('The content type must be application/json.'),
  context_length_exceeded: invalid("The messages do not fit into the model's context window."),
  upstream_invalid_request: invalid('The model API refused this request as invalid.'),
  bad_request: invalid('The request cannot be understood.'),
  request_too_large: invalid('The request is too large.', 413),
  tool_not_allowed: {
    status: 403,
    type: 'permission_error',
    retry: false,
    message: "None of Claude Code's own tools is allowed here.",
  },
  workspace_not_allowed: {
    status: 403,
    type: 'permission_error',
    retry: false,
    message: 'There is no such workspace for this API key.',
  },
  missing_scope: {
    status: 403,
    type: 'permission_error',
    retry: false,
    message: 'This API key may not do that.',
  },
  model_not_allowed: {
    status: 403,
    type: 'permission_error',
    retry: false,
    message: 'This API key may not use this model.',
  },
  mcp_server_not_allowed: {
    status: 403,
    type: 'permission_error',
    retry: false,
    message: 'There is no such MCP server that this API key may use.',
  },
  mcp_stdio_not_allowed: {
    status: 403,
    type: 'permission_error',
    retry: false,
    message:
      'A program of this machine cannot be added over HTTP. Its operator can set it up by MCP_SERVERS, or allow this by MCP_STDIO_OVER_HTTP.',
  },
  mcp_server_exists: {
    status: 409,
    type: 'conflict_error',
    retry: false,
    message: 'There is an MCP server of this name already. Remove it first, or take another name.',
  },
  mcp_server_configured: {
    status: 409,
    type: 'conflict_error',
    retry: false,
    message: "This MCP server stands in the server's settings, and can be removed there alone.",
  },
  invalid_api_key: invalid('No valid API key was given. Send it as "Authorization: Bearer <key>".', 401),
  forbidden_host: {
    status: 403,
    type: 'permission_error',
    retry: false,
    message: 'This host name is not served. Add it to ALLOWED_HOSTS if it should be.',
  },
  forbidden_origin: {
    status: 403,
    type: 'permission_error',
    retry: false,
    message: 'Web pages of this origin may not call this server. Add it to CORS_ORIGINS if it should.',
  },
  model_not_found: invalid('The model does not exist or is not available here.', 404),
  not_found: invalid('There is no such thing here.', 404),
  unknown_url: invalid('There is no such route.', 404),
  unsupported_endpoint: invalid('This endpoint is not offered.', 404),
  method_not_supported: invalid('This method is not allowed here.', 405),
  rate_limit_exceeded: {
    status: 429,
    type: 'requests',
    retry: true,
    retryAfterSeconds: 5,
    message: "The model API's rate limit is reached. Try again shortly.",
  },
  insufficient_quota: {
    status: 429,
    type: 'insufficient_quota',
    retry: false,
    message: "The account's spend or plan limit at the model API is reached.",
  },
  too_many_requests: {
    status: 429,
    type: 'rate_limit_exceeded',
    retry: true,
    tellsWait: true,
    retryAfterSeconds: 60,
    message: 'Rate limit exceeded. Try again in 60 seconds.',
  },
  limit_reserved: {
    status: 429,
    type: 'rate_limit_exceeded',
    retry: true,
    tellsWait: true,
    retryAfterSeconds: 2,
    code: 'too_many_requests',
    message:
      'What is left of the budget or the tokens per minute of this API key is held back for its running requests. Try again shortly.',
  },
  budget_exceeded: {
    status: 429,
    type: 'insufficient_quota',
    retry: false,
    code: 'insufficient_quota',
    message: 'The budget of this API key is used up.',
  },
  session_busy: {
    status: 409,
    type: 'conflict_error',
    retry: true,
    retryAfterSeconds: 1,
    retryAfterMs: 300,
    message: 'Another request is adding to this session. Try again shortly.',
  },
  session_lost: {
    status: 409,
    type: 'conflict_error',
    retry: false,
    message: 'This session was removed, or taken over by another request, while it was answered.',
  },
  idempotency_key_in_use: {
    status: 409,
    type: 'conflict_error',
    retry: true,
    retryAfterSeconds: 1,
    retryAfterMs: 300,
    message: 'A request with this Idempotency-Key is being answered. Try again shortly.',
  },
  idempotency_key_reused: invalid(
    'This Idempotency-Key was sent with another request. Take a new one for each, and the same one only to send a request again.',
    422,
  ),
  idempotent_answer_lost: {
    status: 409,
    type: 'conflict_error',
    retry: false,
    message: 'The request with this Idempotency-Key was answered, but the answer was too long to be kept.',
  },
  session_full: invalid('The session cannot hold more.'),
  too_many_sessions: invalid('There are too many sessions.'),
  upstream_auth: {
    status: 502,
    type: 'api_error',
    retry: false,
    message:
      "The model API does not accept this server's login. Its operator can run `dragoman login`, or replace the key; the log tells more.",
  },
  upstream_error: { status: 502, type: 'api_error', retry: true, message: 'The model API failed.' },
  backend_error: { status: 502, type: 'api_error', retry: true, message: 'The answer broke off or was not complete.' },
  answer_rejected: {
    status: 502,
    type: 'api_error',
    retry: true,
    message: 'The model did not answer in the form that was asked for.',
    code: 'backend_error',
  },
  backend_unavailable: {
    status: 503,
    type: 'overloaded_error',
    retry: true,
    retryAfterSeconds: 2,
    message: 'No Claude Code process is available right now.',
  },
  overloaded: {
    status: 503,
    type: 'overloaded_error',
    retry: true,
    retryAfterSeconds: 2,
    message: 'Too busy right now. Try again shortly.',
  },
  store_unavailable: {
    status: 503,
    type: 'overloaded_error',
    retry: true,
    retryAfterSeconds: 2,
    message: 'The database of this server does not answer right now. Try again shortly.',
  },
  not_authenticated: {
    status: 503,
    type: 'api_error',
    retry: false,
    message:
      'Claude Code is not logged in on this server. Its operator can run `dragoman login`, or set ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN.',
  },
  upstream_timeout: {
    status: 504,
    type: 'api_error',
    retry: true,
    code: 'timeout',
    message: 'The model API did not answer in time.',
  },
  timeout: {
    status: 504,
    type: 'api_error',
    retry: false,
    message: 'The request took longer than this server allows.',
  },
  client_closed_request: { status: 499, type: 'api_error', retry: false, message: 'The caller left.' },
  internal_error: { status: 500, type: 'api_error', retry: true, message: 'Something went wrong on this server.' },
} as const satisfies Record<string, ErrorRow>

/** The name of a row. */
export type ErrorCode = keyof typeof ERRORS

/** The row of a code. */
export function errorRow(code: ErrorCode): ErrorRow {
  return ERRORS[code]
}

/** The one error class of the HTTP side. `message` reaches the caller; `cause` only the log. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: ErrorCode
  readonly param: string | null
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: ErrorCode,
    options: { message?: string; param?: string | null; cause?: unknown; retryAfterSeconds?: number | undefined } = {},
  ) {
    // Nobody reads the stack of a refusal, and floods of them have to be cheap: making it is a tenth of all that they cost.
    const { stackTraceLimit } = Error
    if (code !== 'internal_error') Error.stackTraceLimit = 0
    super(options.message ?? ERRORS[code].message, 'cause' in options ? { cause: options.cause } : undefined)
    Error.stackTraceLimit = stackTraceLimit
    this.code = code
    this.param = options.param ?? null
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}
