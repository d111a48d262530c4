/** The settings of Claude Code's own tools: see config.ts, which has all of them. */
import { z } from 'zod'
import { optional, setting } from './setting.ts'
import { flag, integer, json, path, toolNames } from './setting-schemas.ts'
import type { OwnToolName } from './turn/own-tools.ts'

export const TOOL_SETTINGS = {
  TOOL_TIMEOUT: setting(
    integer(1000, 3_600_000),
    120_000,
    "Milliseconds that one of Claude Code's own tools may take.",
  ),
  TOOLS_ALLOWED: setting<OwnToolName[]>(
    toolNames,
    ['Read', 'Glob', 'Grep'],
    "Claude Code's own tools that requests may turn on, separated by commas: Read, Glob, Grep, Write, Edit, Bash, WebSearch, WebFetch, or their plain names. `none` for none. What `POST /v1/tools/config` sets wins over it.",
    { shownDefault: 'Read,Glob,Grep' },
  ),
  TOOLS_MAX_TURNS: setting(
    integer(1, 1000),
    50,
    'Most calls of the model in a turn with tools. What `POST /v1/tools/config` sets wins over it.',
  ),
  DANGEROUSLY_ALLOW_BYPASS_PERMISSIONS: setting(
    flag,
    false,
    'Let requests ask for the permission mode bypassPermissions: no sandbox, no guard of paths.',
  ),
  CLAUDE_CWD: optional(path, 'The folder that tools work in where a request names no other.', {
    shownDefault: 'a folder of its own for each session or request',
  }),
  WORKSPACES: setting(
    json(z.record(z.string().regex(/^[\w.-]{1,64}$/, 'expected names of letters, digits, _, . and -'), path)),
    {},
    'JSON object of names and folders: a request picks one by the header `X-Claude-Workspace`.',
  ),
  TOOLS_NETWORK: setting(
    flag,
    false,
    'Let commands use the network. With WebFetch among the tools of a request they can anyway.',
  ),
  TOOLS_READABLE: setting(
    json(z.array(path)),
    [],
    "JSON list of paths that commands can read in the sandbox besides the workspace and the system's programs.",
  ),
  TOOLS_MAX_PROCESSES: setting(
    integer(64, 1_000_000),
    1024,
    'Most processes and threads in the sandbox of a turn. Linux does not hold root to it: run Dragoman as another user.',
  ),
  TOOLS_MAX_FILE_BYTES: setting(
    integer(1_000_000, 1e15),
    2_000_000_000,
    'Longest file that can be written in the sandbox, in bytes.',
  ),
  TOOLS_MIN_FREE_BYTES: setting(
    integer(0, 1e15),
    1_000_000_000,
    'Bytes of the disk that tools leave free: a turn that writes is not begun with less, and ended before. 0 for no bound.',
  ),
  TOOLS_WITHOUT_SANDBOX: setting(
    flag,
    false,
    'Accept commands where there is no sandbox: they can read what the server can, and leave programs running.',
  ),
}
