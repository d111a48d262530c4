/**
 * Every bound, in one table: what is bounded, where, in which unit, what becomes of more, and which test shows it. A bound stands in
 * the code beside what it bounds, with the reason for its size; its value is read from there, so that the page cannot be wrong about it.
 * A test holds that each is there, that its test is, and that no bound is missing here.
 */

const UNITS = ['ms', 's', 'bytes', 'characters', 'number'] as const

export type Unit = (typeof UNITS)[number]

export interface Limit {
  readonly what: string
  /** A setting's name, or a file under src, `#` and a constant or field in it, such as `NAME` or `NAME.field`. */
  readonly at: string
  readonly unit: Unit
  /** What becomes of more. */
  readonly beyond: string
  /** A file under test or security, `: ` and words of the title of a test in it. */
  readonly test: string
}

const TABLE = String.raw`
## Connections and answers
headers of a request | http/malformed.ts#MOST_HEADERS | number | 431 | http/connection-watch.test.ts: more than 100 headers are refused, not left out
requests under way on a connection | http/connection-watch.ts#MOST_AT_ONCE | number | the connection is cut | http/connection-watch.test.ts: a connection with more than 50 requests at once is cut
time in which the reader of an answer takes nothing | http/listen.ts#STALL_MS | ms | the connection is cut | http/connection-watch.test.ts: a caller that takes nothing of a whole answer is cut
a whole answer that takes no room of 'MAX_BODIES_BYTES' until it is read | http/unread-answers.ts#LONG | characters | 503 while there is no room | http/unread-answers.test.ts: takes room, and leaves it when its reader goes
time for a longer one to be read | MAX_TIMEOUT | ms | the connection is cut | http/unread-answers.test.ts: is not waited for longer than a request may take, however slowly it is taken
ports that are tried where one is taken | http/listen.ts#MAX_PORT_TRIES | number | no start | http/listen.test.ts: a taken port moves the server to a later one
time to close a connection that was refused | http/connection-watch.ts#LINGER_MS | ms | it is cut | http/listen.test.ts: a caller of nonsense who never closes its side does not keep the connection
time for all headers | http/listen.ts#headersTimeout | ms | the connection is closed | security/attacks/slow.ts: headers that come a line a second
time for a whole request to come | http/listen.ts#requestTimeout | ms | the connection is closed | security/attacks/slow.ts: a body that comes a byte a second
an idle connection | http/listen.ts#keepAliveTimeout | ms | it is closed | security/attacks/slow.ts: connections that are kept after an answer
connections, or half of the file descriptors if that is less | http/connection-limit.ts#MOST_CONNECTIONS | number | not accepted; the log says so once a minute | http/connection-limit.test.ts: where the system does not tell, ten thousand are
bytes of all headers of a request | http/listen.ts#maxHeaderSize | bytes | 431 | http/listen.test.ts: headers beyond 16 KB get an error in our shape
time in which a reader of a stream takes nothing | http/event-stream.ts#STALL_MS | ms | the connection is cut and the turn ended | http/event-stream.test.ts: a reader that takes nothing for too long is treated as gone
silence of a stream | HEARTBEAT_INTERVAL | ms | a comment line | http/event-stream.test.ts: silence opens the stream with a comment and fills every further interval
length of a message of an error | http/error-reply.ts#MAX_MESSAGE | characters | cut | http/errors.test.ts: a message that grew too long is cut
length of a caller's value in a message or the log | wire/quote.ts#MAX_QUOTED | characters | cut | wire/quote.test.ts: cuts at 64 characters and shows it
'retry-after' | http/error-reply.ts#MAX_RETRY_AFTER | s | less is told | http/errors.test.ts: a wait of %s seconds is told as %s
the model API's 'retry-after' that is passed on | translate/failure-to-error.ts#MAX_RETRY_AFTER_SECONDS | s | less is told | translate/failure-to-error.test.ts: passes on a wait of %d seconds as %d
names of ignored parameters in 'x-dragoman-ignored' | endpoints/question.ts#MOST_IN_HEADER | characters | the rest is counted | endpoints/request-report.test.ts: names of what is ignored that are too many for a header are counted

## Requests
bytes of a body | MAX_BODY_BYTES | bytes | 413, before it is read where its length is declared | http/body.test.ts: a declared length above the limit is refused before anything is read
bodies of all requests, and what is read for them | MAX_BODIES_BYTES | bytes | 503 | http/body-room.test.ts: bodies share a room, and what one gives back another can have
percent of that for the requests of one caller | http/body-room.ts#MOST_PERCENT | number | 503 | http/body-room.test.ts: a quarter of it is for others than the one who sends most
what a value of a body counts there, besides its text | http/body.ts#BYTES_OF_VALUE | bytes | — | http/body-room.test.ts: values take room beside their text
nesting of a body | http/body.ts#MAX_DEPTH | number | 400, before it is parsed | http/body.test.ts: 64 levels are read, 65 are refused
chunks of a body of fewer than 64 bytes in the mean | http/body.ts#MOST_PIECES | number | 400 | http/body.test.ts: of %s is %s
prefixes of a name of a model | translate/model-name.ts#MOST_PREFIXES | number | 404 | translate/model-name.test.ts: takes %s as %s
values in a body | http/body.ts#MAX_VALUES | number | 413, before it is parsed | http/body.test.ts: 60,000 values are read, more are refused before they are parsed: %s
values that are checked | wire/parse.ts#MAX_VALUES | number | 413 | wire/parse.test.ts: refuses more values than it would check
messages of a request | wire/chat-request.ts#MAX_MESSAGES | number | 400 | wire/parse.test.ts: parseBody names what is wrong with OpenAI code and param
functions of a request | wire/chat-request.ts#MAX_TOOLS | number | 400 | wire/parse.test.ts: parseBody names what is wrong with OpenAI code and param
prompts of a completion request | wire/completion-request.ts#MAX_PROMPTS | number | 400 | endpoints/completions.test.ts: nor is it where it is out of range: %s
characters that are echoed | translate/completion-to-chat.ts#MOST_ECHOED | characters | 400 | endpoints/completions.test.ts: echoes of more than 4,000,000 characters in all are refused
answers to a request that are asked for at a time | endpoints/ask.ts#MOST_AT_ONCE | number | the others wait | endpoints/completions.test.ts: no more than eight are asked at a time
answers that were not what was asked for, until there is an error | endpoints/ask.ts#MOST_REJECTED | number | 502 | endpoints/several-answers.test.ts: two answers without the call that has to come are a 502
length of an answer that can be asked for, in tokens | translate/parameters/output-limit.ts#MOST | number | less is asked for | translate/chat-to-turn.test.ts: limits the output by %j to %d
unknown parameters that are named in a report | translate/parameters/request-report.ts#MOST_UNKNOWN | number | left out | endpoints/request-report.test.ts: names fifty of the parameters that nobody knows
characters of texts in a report | translate/shorten-texts.ts#MOST_SHOWN | characters | each is shortened | endpoints/request-report.test.ts: shows of megabytes of text the beginnings

## Images and files
images of a request | translate/content/image-count.ts#MOST_IMAGES | number | 400 | translate/content/attachments.test.ts: are a hundred images at most
an image, as base64 | translate/content/image-part.ts#MOST_BASE64 | bytes | 400 | translate/content/attachments.test.ts: may be as large as the model API takes it
a side of an image, in pixels | translate/content/image-part.ts#LONGEST_SIDE | number | 400, by its header, before anything is decoded | translate/content/attachments.test.ts: is refused as %s where it %s
parts of an image file that are looked at for its sides | image-header.ts#MOST_SEGMENTS | number | the image is refused | image-header.test.ts: give a header with sides or none, in a bounded number of reads
the URL of an image | translate/content/image-part.ts#LONGEST_URL | characters | 400 | translate/content/attachments.test.ts: %s is refused
what stands before the data in a data URL | translate/content/data-url.ts#MOST_HEAD | characters | 400 | translate/content/attachments.test.ts: is mended or refused, whatever it is
the name of a file | translate/content/file-part.ts#LONGEST_TITLE | characters | cut | translate/content/attachments.test.ts: is called by its name %j
an image that a process is known not to change | engine/altered-images.ts#MOST_BYTES | bytes | its conversation is told anew | engine/altered-images.test.ts: heavier
its sides, in pixels | engine/altered-images.ts#LONGEST_SIDE | number | as above | engine/altered-images.test.ts: wider
its squares of 28 pixels | engine/altered-images.ts#MOST_SQUARES | number | as above | engine/altered-images.test.ts: of as many tokens as may be

## Schemas
a schema of the answer | json-schema/schema-validator.ts#LONGEST | characters | 400 | json-schema/schema-validator.test.ts: one of more than a million characters is refused without being looked at
time to compile a schema | json-schema/schema-validator.ts#COMPILE_MS | ms | 400; the thread is ended | json-schema/schema-validator.test.ts: references that double at every step, and those that lead back to themselves, end
time to hold an answer to it | json-schema/schema-validator.ts#CHECK_MS | ms | the answer does not count; the thread is ended | json-schema/schema-validator.test.ts: a pattern without an end holds up neither the server nor other checks
threads that check | json-schema/check-threads.ts#THREADS | number | the others wait | json-schema/schema-validator.test.ts: many checks at once are all answered
checks that wait | json-schema/check-threads.ts#MOST_WAITING | number | 503 | json-schema/check-threads.test.ts: so many wait and no more
memory of such a thread, in MB | json-schema/check-thread.ts#maxOldGenerationSizeMb | number | 400; the thread is ended | json-schema/schema-validator.test.ts: references that double at every step, and those that lead back to themselves, end
compiled schemas that are kept | json-schema/schema-checks.ts#MOST_KEPT.schemas | number | the one that was used the longest ago is forgotten | json-schema/schema-checks.test.ts: a hundred are kept, those that were used last
characters of them | json-schema/schema-checks.ts#MOST_KEPT.characters | characters | the one that was used the longest ago is forgotten | json-schema/schema-checks.test.ts: so many characters of them are kept
verdicts on schemas that are kept | json-schema/schema-validator.ts#MOST_REMEMBERED | number | the oldest is forgotten | json-schema/schema-validator.test.ts: a bad schema is named with its place, also the second time
what is told of a fault in a schema | json-schema/schema-validator.ts#MOST_TOLD.characters | characters | cut | json-schema/check-threads.test.ts: of a fault only the beginning of long words is kept
characters of a schema that is made plain for the model | translate/schemas/input-schema.ts#MAX_CHARACTERS | characters | 400 | translate/schemas/input-schema.test.ts: soon, where references make it endless
nesting of references and alternatives in it | translate/schemas/flatten-schema.ts#MAX_DEPTH | number | 400 | translate/schemas/input-schema.test.ts: soon, where references make it endless
nesting of a schema that the model is held to | translate/schemas/native-schema.ts#MAX_DEPTH | number | asked for in words, and checked | translate/schemas/native-schema.test.ts: a schema that references blow up, and finding out takes no time
words that describe what the model cannot be held to | translate/schemas/native-schema.ts#MAX_WORDS | characters | asked for in words, and checked | translate/schemas/native-schema.test.ts: a schema that references blow up, and finding out takes no time
functions that the model is held to ('strict') | translate/tools/strict-tools.ts#MOST_STRICT | number | named in 'x-dragoman-ignored' | translate/response-format.test.ts: are offered without, and named, where schema, number or model do not allow it
values in the arguments of all calls in the history | translate/tools/call-arguments.ts#MAX_VALUES | number | kept as text, not parsed | translate/tools/tool-conversation.test.ts: that are too deep or too many stay text, and are never parsed (%s)
nesting of the arguments of a call there | translate/tools/call-arguments.ts#MAX_DEPTH | number | kept as text, not parsed | translate/tools/tool-conversation.test.ts: that are too deep or too many stay text, and are never parsed (%s)
calls without results that an error names | translate/tools/tool-messages.ts#MAX_NAMED | number | left out | translate/tools/tool-conversation.test.ts: names the ids that wait, not all of them

## Times
a whole request | MAX_TIMEOUT | ms | 504, or an error event | http/lifetime.test.ts: a plain request that takes too long is a 504 that is not worth a retry
until the model begins | FIRST_EVENT_TIMEOUT | ms | 504, or an error event | engine/faults/silent.test.ts: row 20: for whoever waits for the whole answer it is a 504
silence of the model | IDLE_TIMEOUT | ms | 504, or an error event | engine/faults/silent.test.ts: row 21
until a process is ready | INIT_TIMEOUT | ms | another one is started, then 503 | engine/faults/silent.test.ts: row 5
turns that wait | MAX_QUEUE | number | 503 at once, or for the caller who has most of them | engine/scheduler.test.ts: refuses at once when the queue is full
a wait for a process | QUEUE_TIMEOUT | ms | 503 | engine/scheduler.test.ts: refuses a waiter whose time is over
tries of a turn of which nothing has gone out | engine/run-turn.ts#ATTEMPTS | number | its error | engine/failing-turns.test.ts: when the connection is cut before the answer
the end of a server, once it is asked to | DRAIN_TIMEOUT | ms | an error event, or 503 | commands/serve-end.test.ts: what outlives the drain ends in an error event
work of the server that holds everybody up | WATCHDOG_TIMEOUT | ms | the log says what it is | commands/reload.test.ts: row 61: a server that is held up

## Claude Code's processes
turns at a time | MAX_WORKERS | number | the others wait | engine/limit.test.ts: there are no more processes than may be
processes ahead of need | SPARE_WORKERS | number | none is started | engine/spares.test.ts: spawns none
a line of a process | engine/child.ts#STDOUT_LIMITS.maxLineBytes | bytes | it is killed | engine/child.test.ts: is killed for a line without end
bytes that a process may say at once | engine/child.ts#STDOUT_LIMITS.burstBytes | bytes | it is held back | engine/stdout-guard.test.ts: lets much through at once, and no more than so much in a second after it
and in a second after that | engine/child.ts#STDOUT_LIMITS.bytesPerSecond | bytes | it is held back | engine/stdout-guard.test.ts: lets much through at once, and no more than so much in a second after it
what a process has not taken of what it is told | engine/child.ts#MOST_UNTAKEN_BYTES | bytes | it is not heard meanwhile | engine/child.test.ts: that does not read what it is told is not heard meanwhile
an answer, what is thought and called included | engine/stream-answer.ts#MOST_SAID | characters | an error | engine/stream-answer.test.ts: is broken off where it is longer than any model's
lines of a process that are none | engine/child.ts#STDOUT_LIMITS.maxGarbageLines | number | it is killed | engine/stdout-guard.test.ts: bears some lines that are not JSON and reports when they are too many
messages of a process that nobody has read | engine/inbox.ts#MOST_UNREAD | number | it is held back | engine/inbox.test.ts: a process that says more than is read is held back
what is kept of its stderr | engine/child.ts#STDERR_KEPT_BYTES | bytes | the oldest goes | engine/child.test.ts: keeps only the newest of a long stderr
time to end when it is asked | engine/child.ts#TERM_GRACE_MS | ms | it is killed | engine/child.test.ts: that ignores TERM is killed
time to forget a turn | engine/worker.ts#RESET_MS | ms | it is ended | engine/hung-process.test.ts: a process that does not react to an interrupt
time to say that it is done | engine/stream-answer.ts#RESULT_GRACE_MS | ms | the answer counts, the process is ended | engine/faults/silent.test.ts: row 11
silences of the model that its pings bridge | engine/stream-answer.ts#MOST_PINGED_WAITS | number | as a silence | engine/failing-turns.test.ts: when the stream stalls in the middle
age of a process | engine/recycling.ts#OLDEST_MS | ms | it is replaced after its turn | engine/faults/limits.test.ts: row 58: a process that is an hour old
turns of a process | engine/recycling.ts#MOST_TURNS | number | it is replaced after its turn | engine/recycling.test.ts: a process serves five hundred turns
time in which a process gets used to its work | engine/rehearse.ts#LONGEST_MS | ms | it is ended | engine/rehearsal.test.ts: a process that takes too long to rehearse is ended
idleness of a process | engine/roster.ts#LONGEST_IDLE_MS | ms | it is ended | engine/idle-process.test.ts: a process that nobody has used for ten minutes is ended, and not before
memory of a process | engine/recycling.ts#MOST_RESIDENT_BYTES | bytes | it is replaced after its turn | engine/faults/limits.test.ts: row 58: a process that takes too much memory
starts that fail one after another | engine/start-gate.ts#MOST_FAILURES | number | none is started for a while: 503 | engine/start-gate.test.ts: none is started for two seconds, and callers are told how long
that while | engine/start-gate.ts#LONGEST_PAUSE_MS | ms | one is tried | engine/start-gate.test.ts: each that fails doubles the pause, up to half a minute
words of the model API's error that the log keeps | engine/failures.ts#MOST_WORDS | characters | cut | engine/failures.test.ts: keeps little of what the model API says, which can quote the caller
an error answer of the model API that is read | engine/egress/forward-call.ts#ERROR_KEPT_BYTES | bytes | cut | engine/egress.test.ts: keeps 64 KB of a refusal, and leaves out the rest
a line of its stream that is looked at | engine/egress/stream-tap.ts#LONGEST_LINE | bytes | passed on, not looked at | engine/egress.test.ts: sees what a call used
an answer of it in one piece that is looked at | engine/egress/answer-tap.ts#LONGEST | characters | passed on, counted by its length | engine/egress.test.ts: takes a call for paid whose answer
the model API's 'retry-after' that is believed | engine/egress/upstream-answer.ts#LONGEST_WAIT | s | not told | engine/upstream-answer.test.ts: a retry-after of %s is believed as %s seconds

## What is kept in memory
answers of which the reasoning is kept | engine/kept-reasoning.ts#answers | number | the oldest goes | engine/keep-and-recall.test.ts: is forgotten when it has not been used for long, and when there is too much
bytes of it | engine/kept-reasoning.ts#bytes | bytes | the oldest goes | engine/keep-and-recall.test.ts: is forgotten when it has not been used for long, and when there is too much
models that are known to want their reasoning back | engine/kept-reasoning.ts#MOST_STRICT | number | not noted | engine/kept-reasoning.test.ts: the turn is asked without thinking once the model API has said
models whose prices are learned | engine/prices.ts#MOST_LEARNED | number | not noted | engine/prices.test.ts: are remembered of a limited number of models
models of which it is known what they refuse | engine/model-capabilities.ts#MOST_LEARNED | number | not noted | engine/model-capabilities.test.ts: is kept for so many models, and no more
tokens that a prompt is taken for | engine/estimate.ts#MOST_INPUT | number | as so many | engine/estimate.test.ts: is never more than a model can read
keys that are known without asking the database | keys/known-keys.ts#MOST | number | the oldest is looked up again | keys/keys.test.ts: refuses two thousand wrong keys in a second without asking the database
callers with a window of their own for requests per minute | usage/minute-windows.ts#MOST_OWN_WINDOWS | number | they share windows | http/rate-limits.test.ts: very many addresses share windows, so that their number is bounded
time that a model list of MCP servers is believed | mcp/probes.ts#keptMs | ms | asked again | endpoints/mcp-servers.test.ts: a server is asked once in a minute

## Tools and MCP servers
a use of a tool | TOOL_TIMEOUT | ms | it failed; what it started is ended | engine/own-tools/with-tools.test.ts: a tool that does not come to an end in its time is one that failed
time that a tool waits for those of other requests in its folder, where commands are held one by one | engine/own-tools/judge-call.ts#MOST_WAIT_MS | ms | denied | engine/own-tools/workspace-groups.test.ts: whoever does not wait any longer is in nobody's way
tools at work at a time | engine/own-tools/tool-steps.ts#MOST_STEPS | number | denied | engine/own-tools/tool-steps.test.ts: are a thousand at most
the id of a use of a tool | engine/own-tools/tool-steps.ts#LONGEST_ID | characters | denied | engine/own-tools/tool-steps.test.ts: have short ids
processes and threads in the sandbox of a turn, where the server does not run as root | TOOLS_MAX_PROCESSES | number | none is started | engine/own-tools/sandbox.test.ts: starts no more processes than may be
a file that is written there | TOOLS_MAX_FILE_BYTES | bytes | it is cut | engine/own-tools/sandbox.test.ts: writes no file that is longer than may be
'/tmp', '/run' and '/dev/shm' there, each | engine/own-tools/sandbox.ts#MOST_IN_MEMORY | bytes | they are full | engine/own-tools/sandbox.test.ts: writes no file that is longer than may be
what tools leave free of the disk | TOOLS_MIN_FREE_BYTES | bytes | a turn that writes is not begun, or ended | engine/own-tools/disk-watch.test.ts: a turn is ended before the disk that it writes to is full
calls of the model in a turn with tools | TOOLS_MAX_TURNS | number | finish reason 'length' | engine/own-tools/with-tools.test.ts: ends at the limit of its turns
calls of a turn with tools that are out at the same time; under a limit of what is spent, one | engine/egress/tool-gate.ts#MOST_AT_ONCE | number | the others wait | engine/egress-with-tools.test.ts: are four at most without one
a call in a turn with commands | engine/egress/tool-gate.ts#MOST_BODY_BYTES | bytes | refused | engine/egress-with-tools.test.ts: longer than the model API takes is refused
connections of a process with tools to the model API | engine/egress/lane-socket.ts#MOST_CONNECTIONS | number | not accepted | engine/egress-with-tools.test.ts: takes no more than 32 connections at a time
all its connections and requests | engine/egress/lane-socket.ts#MOST_KNOCKS | number | nothing more is heard | engine/egress-with-tools.test.ts: hears nobody any more who has asked without end
calls of commands that ask for what the turn did not | engine/egress/tool-gate.ts#MOST_ODD | number | the turn asks the model nothing more | engine/egress-with-tools.test.ts: goes out as it came, or not at all
calls that a policy can allow | wire/tools.ts#MOST_TURNS | number | 400 | endpoints/tools.test.ts: %j is refused, and nothing changes
tokens for thinking that a header can ask for | tools/tool-headers.ts#MOST_THINKING_TOKENS | number | 400 | tools/grant-tools.test.ts: X-Claude-%s: %j
what is shown of the result of a tool | engine/own-tools/text-of-result.ts#MOST_SHOWN | characters | cut, and the rest counted | engine/own-tools/text-of-result.test.ts: is shown up to 4,000 characters, and not in the middle of one
text of an MCP server's result | engine/own-tools/mcp-result.ts#MOST_TEXT | characters | cut | endpoints/mcp-in-requests.test.ts: of a long text the model gets the beginning, and is told so
links that a path is followed through | engine/own-tools/follow-links.ts#MOST_LINKS | number | refused | engine/own-tools/path-guard.test.ts: a path that leads out is refused
a path | engine/own-tools/glob-pattern.ts#LONGEST_PATH | characters | refused | engine/own-tools/path-guard.test.ts: a path that leads out is refused
alternatives of a pattern | engine/own-tools/glob-pattern.ts#MOST_ALTERNATIVES | number | refused | engine/own-tools/path-guard.test.ts: %j is refused
parts of an MCP server's result | engine/own-tools/mcp-result.ts#MOST_BLOCKS | number | left out, and counted | engine/own-tools/mcp-bridge.test.ts: %s
calls of an MCP server at a time, in a turn | engine/own-tools/mcp-bridge.ts#MOST_AT_ONCE | number | the others wait | engine/own-tools/mcp-bridge.test.ts: is asked for many things is asked for ten at a time
what an MCP server may say in a turn | engine/own-tools/mcp-bridge.ts#MOST_BYTES | bytes | it is ended | engine/own-tools/mcp-bridge.test.ts: that says more than we would read is left
requests of an MCP server's own | mcp/transport/bound-requests.ts#MOST_REQUESTS | number | it is ended | engine/own-tools/mcp-bridge.test.ts: asks us without end is ended
redirects of an MCP server, to its own host alone | mcp/transport/http-transport.ts#MOST_REDIRECTS | number | it failed | engine/own-tools/mcp-bridge.test.ts: does not lead us in a circle
characters of the folders that its alternatives name | engine/own-tools/path-guard.ts#MOST_OF_STARTS | characters | refused | engine/own-tools/path-guard.test.ts: that names many folders, each of which would be looked at, is refused
a message of an MCP server that is a program | mcp/transport/stdio-transport.ts#LONGEST_MESSAGE | bytes | it is ended | mcp/probe.test.ts: that %s is told in our words
time to ask an MCP server for its tools | mcp/probe.ts#DEADLINE_MS | ms | it is ended | mcp/probe.test.ts: that %s is told in our words
what it may say meanwhile | mcp/probe.ts#MOST_BYTES | bytes | it is ended | mcp/probe.test.ts: that %s is told in our words
tools of an MCP server | mcp/transport/list-tools.ts#MOST_TOOLS | number | left out | mcp/probe.test.ts: that %s is told in our words
what is told of a tool | mcp/probe.ts#LONGEST_DESCRIPTION | characters | cut | mcp/probe.test.ts: tells its tools over stdio
MCP servers that admin keys add | mcp/create-mcp-servers.ts#MOST | number | 400 | store/store.test.ts: under a name of its own, and no more than so many are taken
the name of an MCP server | mcp/read-server.ts#LONGEST_NAME | characters | 400 | mcp/configured-servers.test.ts: the name %j is refused
time for the list of MCP servers | mcp/create-mcp-servers.ts#LIST_MS | ms | the others are unknown | endpoints/mcp-servers.test.ts: a list does not wait for ever, nor for more than four servers at a time

## Sessions, usage and the database
sessions of a caller | MAX_SESSIONS | number | 400 | endpoints/sessions.test.ts: holds so much, and there are so many
messages of a session | SESSION_MAX_MESSAGES | number | 400 | endpoints/sessions.test.ts: holds so much, and there are so many
bytes of a session | SESSION_MAX_BYTES | bytes | 400 | sessions/sessions.test.ts: a transcript counts into the bytes of its session, and one beyond them fails its turn
life of a session after its last turn | SESSION_TTL | ms | it is removed | sessions/sessions.test.ts: an hour after its last turn it is gone: swept, and begun anew under its name
an 'Idempotency-Key' | http/idempotency.ts#LONGEST | characters | 400 | endpoints/idempotency.test.ts: the key %j is refused
time that an answer is kept for its 'Idempotency-Key' | IDEMPOTENCY_TTL | ms | it is removed | idempotency/idempotency-keys.test.ts: a day afterwards it is gone
such an answer | idempotency/create-idempotency-keys.ts#LONGEST | characters | given, but not kept: 409 for the same request | endpoints/idempotency.test.ts: an answer that is too long to be kept is given, and then refused
such answers of a caller | idempotency/create-idempotency-keys.ts#MOST_ANSWERS | number | those that came first are removed | idempotency/idempotency-keys.test.ts: a caller has so many, and so many bytes
bytes of all such answers of a caller | idempotency/create-idempotency-keys.ts#MOST_BYTES | bytes | those that came first are removed | idempotency/idempotency-keys.test.ts: a caller has so many, and so many bytes
lease of a request that writes a session, or under an 'Idempotency-Key' | lease.ts#LEASE_MS | ms | another one may write | sessions/sessions.test.ts: a writer whose lease has ended adds nothing any more
a wait for the lock of SQLite | store/sqlite.ts#PATIENCE_MS | ms | 503 | store/store.test.ts: locked by another process holds nothing up, and is told after two seconds
rows of the ledger on disk while the database is away | usage/journal.ts#MOST_ON_DISK | bytes | rows wait in memory | usage/faults.test.ts: row 32: a full disk under the journal loses no row while the database takes them
rows of it in memory | usage/ledger-writer.ts#MOST_IN_MEMORY | number | lost, and counted | usage/faults.test.ts: row 32: a full disk under the journal loses no row while the database takes them
a file of the journal | usage/ledger-writer.ts#LONGEST_FILE | bytes | another one is begun | usage/journal.test.ts: a long journal comes in without holding up the process
reservations that one transaction decides on | usage/allowances.ts#MOST_AT_ONCE | number | the others wait for the next | usage/allowances.test.ts: of 200 requests on two instances with money for three, three are let in
a name in the ledger | usage/ledger-entry.ts#LONGEST_NAME | characters | cut | usage/ledger.test.ts: names that no database takes hold up nothing
a count of tokens that is believed of the model API | engine/usage-count.ts#MOST_TOKENS | number | not counted | engine/usage-count.test.ts: %s tokens are not
a count of tokens of one call, in the ledger | usage/ledger-entry.ts#MOST | number | as so many | usage/ledger.test.ts: counts that are none are counted as far as they are
an address that is counted by | usage/address-group.ts#LONGEST | characters | cut | http/rate-limits.test.ts: the address %j counts as %j
lines of a report on usage | usage/usage-reports.ts#MOST | number | left out | usage/usage-reports.test.ts: a report has ten thousand lines at most, and counts all in its sum
counts of tools that wait for the database | tools/create-tool-counts.ts#MOST_WAITING | number | not counted | tools/tool-policy.test.ts: uses that are noted while the database is away are counted when it is back
rows of the counts of tools that are read | store/tool-counts-table.ts#MOST | number | left out | tools/tool-policy.test.ts: uses noted on two instances are summed by tool
days that rows of the ledger are kept | USAGE_DAYS | number | removed; their sums stay | usage/ledger.test.ts: rows that are too old go, and their sums stay

## Log and settings
lines of the log that nobody has taken | log-output.ts#MAX_UNWRITTEN | characters | dropped, and counted | log-output.test.ts: row 62: a reader that stalls holds up nobody
a text in the log with 'DEBUG_MODE' | http/content-log.ts#MOST.ofText | characters | cut | http/access-log.test.ts: a long text is cut at a word, and many values are left out
all texts of a line there | http/content-log.ts#MOST.ofAll | characters | left out | http/access-log.test.ts: a long text is cut at a word, and many values are left out
values of a line there | http/content-log.ts#MOST_VALUES | number | left out | http/access-log.test.ts: a long text is cut at a word, and many values are left out
calls in the stack of what held the server up | watchdog-thread.ts#MOST_FRAMES | number | left out | commands/reload.test.ts: row 61: a server that is held up
the file of settings | settings-file.ts#MAX_BYTES | bytes | refused | settings-file.test.ts: is refused by file and line
`

export const LIMITS: Readonly<Record<string, readonly Limit[]>> = Object.fromEntries(
  TABLE.split('\n## ')
    .slice(1)
    .map((section) => {
      const [title = '', ...lines] = section.trim().split('\n')
      return [title, lines.map(limitOf)]
    }),
)

function limitOf(line: string): Limit {
  const [what = '', at = '', unitName, beyond = '', test = ''] = line.split(' | ')
  const unit = UNITS.find((known) => known === unitName)
  if (unit === undefined || test === '') throw new Error(`this is no row of the table: ${line}`)
  return { what, at, unit, beyond, test }
}

/** Constants that are named like bounds and are none. */
export const NO_LIMITS: Readonly<Record<string, string>> = {
  'nearest-name.ts#MOST_CHANGES': 'how far a name may be from what was written to be proposed',
  'watchdog.ts#MOST_POLL_MS': 'how often it looks',
  'engine/estimate.ts#LONGEST_OUTPUT': 'what an answer is reckoned at',
  'engine/prices.ts#MOST_READ': 'which calls tell a price',
  'engine/prices.ts#LARGEST_FACTOR': 'which calls tell a price',
  'engine/turn-settings.ts#MOST_THINKING_BUDGET': 'what an effort is told as',
  'engine/egress/lane-socket.ts#LONGEST_SOCKET_PATH': 'where a socket may lie',
}
