/** The question of an interactive start: whether callers are to send a key, made here. */
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline/promises'
import type { Config, Environment } from '../config.ts'

export interface Start {
  readonly config: Pick<Config, 'ASK_FOR_KEY'>
  readonly environment: Environment
  /** Whether there is any key that callers have to send. */
  readonly hasKey: boolean
  /** Whether somebody can see the question and answer it. */
  readonly isInteractive: boolean
  readonly demo: boolean
}

/** Nobody is asked who cannot answer, nor in the demo, which uses no login that a key could protect. */
export function mayAskForKey({ config, environment, hasKey, isInteractive, demo }: Start): boolean {
  const ci = environment['CI'] ?? ''
  const isUnderCi = ci !== '' && ci !== '0' && ci !== 'false'
  return config.ASK_FOR_KEY && isInteractive && !hasKey && !demo && !isUnderCi
}

/**
 * Asks until there is an answer; none of it means no. Ctrl-C ends the process.
 * @returns the new key, or undefined where none is wanted
 */
export async function askForKey(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<string | undefined> {
  const terminal = createInterface({ input, output })
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')))
  terminal.once('SIGINT', () => {
    terminal.close()
    process.kill(process.pid, 'SIGINT')
  })
  try {
    for (;;) {
      const answer = await Promise.race([terminal.question('Enable API key protection? (y/N) '), closed])
      if (/^\s*(?:y|yes)\s*$/i.test(answer)) return createKey()
      if (/^\s*(?:n|no)?\s*$/i.test(answer)) return undefined
    }
  } finally {
    terminal.close()
  }
}

/** 256 random bits, in letters that a double click selects as far as they differ. */
function createKey(): string {
  return `sk-dragoman-${randomBytes(32).toString('hex')}`
}
