/** `dragoman login`: Claude Code's own login, by the binary that the server uses, so that nothing else needs installing. */
import { spawn } from 'node:child_process'
import { loadEnvironment, parseConfig } from '../config.ts'
import { findBinary } from '../engine/binary.ts'
import type { SettingFlags } from './setting-flags.ts'

/**
 * Hands the terminal to Claude Code until the login is done.
 * @returns whether it worked
 * @throws ConfigError when the settings cannot be used, or the reason why the binary cannot be run
 */
export async function login(flags: SettingFlags, { billed }: { readonly billed: boolean }): Promise<boolean> {
  const config = parseConfig(loadEnvironment(), flags)
  const binary = findBinary(config.CLAUDE_CLI_PATH)
  if (binary === undefined)
    throw new Error('there is no Claude Code binary: npm ci --include=optional, or set CLAUDE_CLI_PATH')
  const args = ['auth', 'login', ...(billed ? ['--console'] : [])]
  // A login is the operator's own, in the operator's own home: nothing is held back as it is from the server's children.
  const child = spawn(binary, args, { stdio: 'inherit', env: config.environment })
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`Claude Code cannot be run: ${error.message}`, { cause: error })))
    child.once('exit', (code) => resolve(code === 0))
  })
}
