/** How Claude Code logs in to a cloud provider: by variables, or by files in the operator's home, which a child has not got. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '../config.ts'
import { isSet, type LoginResult, MINIMAL } from './login-method.ts'

interface Provider {
  readonly method: 'bedrock' | 'vertex' | 'foundry'
  /** The variable that chooses it. */
  readonly flag: string
  /** What a child is handed beside it. */
  readonly prefixes: readonly string[]
  /** Files and folders by which programs of the provider are logged in, and the variable that says where they are. */
  readonly stored: readonly (readonly [variable: string, path: readonly string[]])[]
  /** One of them chooses the account's place; without any, no turn can be answered. */
  readonly needs?: { readonly oneOf: readonly string[]; readonly text: string }
  /** What most lack who have none of these. The machine itself may give it, so that it is no reason not to try. */
  readonly mayNeed: readonly { readonly oneOf: readonly string[]; readonly text: string }[]
}

const PROVIDERS: readonly Provider[] = [
  {
    method: 'bedrock',
    flag: 'CLAUDE_CODE_USE_BEDROCK',
    prefixes: ['AWS_', 'ANTHROPIC_BEDROCK_', 'BEDROCK_', 'CLAUDE_CODE_SKIP_BEDROCK_AUTH'],
    stored: [
      ['AWS_CONFIG_FILE', ['.aws', 'config']],
      ['AWS_SHARED_CREDENTIALS_FILE', ['.aws', 'credentials']],
    ],
    mayNeed: [
      {
        oneOf: ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_CONFIG_FILE', 'ANTHROPIC_BEDROCK_BASE_URL'],
        text: 'AWS_REGION is not set, so it is us-east-1',
      },
      {
        oneOf: [
          'AWS_BEARER_TOKEN_BEDROCK',
          'AWS_ACCESS_KEY_ID',
          'AWS_PROFILE',
          'AWS_CONFIG_FILE',
          'AWS_SHARED_CREDENTIALS_FILE',
          'AWS_WEB_IDENTITY_TOKEN_FILE',
          'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
          'AWS_CONTAINER_CREDENTIALS_FULL_URI',
          'CLAUDE_CODE_SKIP_BEDROCK_AUTH',
        ],
        text: 'no credentials of AWS: set AWS_BEARER_TOKEN_BEDROCK, AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, unless this machine has a role',
      },
    ],
  },
  {
    method: 'vertex',
    flag: 'CLAUDE_CODE_USE_VERTEX',
    prefixes: [
      'GOOGLE_',
      'CLOUD_ML_',
      'ANTHROPIC_VERTEX_',
      'VERTEX_',
      'GCLOUD_',
      'CLOUDSDK_',
      'CLAUDE_CODE_SKIP_VERTEX_AUTH',
    ],
    stored: [['GOOGLE_APPLICATION_CREDENTIALS', ['.config', 'gcloud', 'application_default_credentials.json']]],
    mayNeed: [
      {
        oneOf: ['ANTHROPIC_VERTEX_PROJECT_ID', 'GOOGLE_CLOUD_PROJECT', 'GCLOUD_PROJECT'],
        text: 'ANTHROPIC_VERTEX_PROJECT_ID is not set, so it is the project of the credentials, if they have one',
      },
      { oneOf: ['CLOUD_ML_REGION'], text: 'CLOUD_ML_REGION is not set, so it is us-east5' },
      {
        oneOf: ['GOOGLE_APPLICATION_CREDENTIALS', 'CLAUDE_CODE_SKIP_VERTEX_AUTH'],
        text: 'no credentials of Google Cloud: run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS, unless this machine has a service account',
      },
    ],
  },
  {
    method: 'foundry',
    flag: 'CLAUDE_CODE_USE_FOUNDRY',
    prefixes: ['AZURE_', 'ANTHROPIC_FOUNDRY_', 'CLAUDE_CODE_SKIP_FOUNDRY_AUTH'],
    stored: [['AZURE_CONFIG_DIR', ['.azure']]],
    needs: {
      oneOf: ['ANTHROPIC_FOUNDRY_RESOURCE', 'ANTHROPIC_FOUNDRY_BASE_URL'],
      text: 'set ANTHROPIC_FOUNDRY_RESOURCE to the name of your resource, or ANTHROPIC_FOUNDRY_BASE_URL, then start again',
    },
    mayNeed: [
      {
        oneOf: [
          'ANTHROPIC_FOUNDRY_API_KEY',
          'ANTHROPIC_FOUNDRY_AUTH_TOKEN',
          'AZURE_CLIENT_ID',
          'AZURE_CONFIG_DIR',
          'CLAUDE_CODE_SKIP_FOUNDRY_AUTH',
        ],
        text: 'no key: set ANTHROPIC_FOUNDRY_API_KEY, or run `az login`, unless this machine has a managed identity',
      },
    ],
  },
]

/**
 * The provider that is asked for, or the one whose variable is set.
 * @param home the operator's home folder
 */
export function detectProvider(
  environment: Environment,
  asked: string | undefined,
  home: string,
): LoginResult | undefined {
  const provider = PROVIDERS.find(({ method, flag }) =>
    asked === undefined ? isSet(environment[flag]) : asked === method,
  )
  if (provider === undefined) return undefined
  const env: Record<string, string> = {
    [provider.flag]: '1',
    ...MINIMAL,
    ...handedOver(provider, environment),
    ...found(provider, environment, home),
  }
  const has = (names: readonly string[]): boolean => names.some((name) => isSet(env[name]))
  const { needs, mayNeed, method, flag } = provider
  if (needs !== undefined && !has(needs.oneOf)) return { missing: `${flag}: ${needs.text}` }
  const missing = mayNeed.filter(({ oneOf }) => !has(oneOf)).map(({ text }) => text)
  const source = isSet(environment[flag]) ? flag : `CLAUDE_AUTH_METHOD=${method}`
  return { login: { method, source, env, missing } }
}

function handedOver({ prefixes }: Provider, environment: Environment): Record<string, string> {
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && prefixes.some((prefix) => name.startsWith(prefix))) env[name] = value
  }
  return env
}

/** A child's home is its own: it has to be told where these are. */
function found({ stored }: Provider, environment: Environment, home: string): Record<string, string> {
  const paths = stored
    .filter(([variable]) => !isSet(environment[variable]))
    .map(([variable, path]) => [variable, join(home, ...path)] as const)
  return Object.fromEntries(paths.filter(([, path]) => existsSync(path)))
}
