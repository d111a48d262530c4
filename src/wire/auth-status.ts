import { z } from 'zod'

/** Holds no secret, not even the length of one, and no name or address of the account's owner. */
export const authStatusSchema = z
  .strictObject({
    object: z.literal('auth.status'),
    method: z
      .enum(['cli', 'oauth_token', 'api_key', 'auth_token', 'bedrock', 'vertex', 'foundry', 'none'])
      .describe('How Claude Code logs in.'),
    source: z.string().nullable().describe('Where the login was found; null where there is none.'),
    provider: z.enum(['anthropic', 'bedrock', 'vertex', 'foundry']),
    subscription: z
      .string()
      .nullable()
      .describe('The plan of a Claude account, where Claude Code tells it; else null.'),
    missing: z
      .array(z.string())
      .describe('What was not found: without a login what to do, with one what it may fail for want of.'),
    state: z
      .enum(['starting', 'ready', 'degraded', 'draining'])
      .describe('`degraded`: turns would fail, and `reason` says what mends it.'),
    reason: z.string().nullable(),
    key_held_by: z
      .enum(['dragoman', 'claude_code'])
      .nullable()
      .describe('`dragoman`: the processes of Claude Code do not get the credential; null where there is none.'),
    api_key_required: z.boolean().describe('Whether callers of this server have to send a key.'),
  })
  .meta({ id: 'AuthStatus' })

export type AuthStatusBody = z.output<typeof authStatusSchema>
