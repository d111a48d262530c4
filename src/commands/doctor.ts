/** `dragoman doctor`: is this machine ready, and what to do about what is not. Prints no secret. */
import { loadEnvironment, parseConfig } from '../config.ts'
import { checkBinary } from './doctor-binary.ts'
import { checkDatabase } from './doctor-database.ts'
import { checkDataFolder } from './doctor-data-folder.ts'
import { checkLogin } from './doctor-login.ts'
import { checkMachine, checkNode, checkProcessTools } from './doctor-machine.ts'
import { checkAddress, checkPort } from './doctor-network.ts'
import { writeBundle } from './doctor-bundle.ts'
import { checkSandbox } from './doctor-sandbox.ts'
import type { Output } from './output.ts'
import { packageInfo } from './package-info.ts'
import { type Finding, writeFinding } from './report.ts'
import { serverUrl } from './server-url.ts'
import type { SettingFlags } from './setting-flags.ts'

const NO_LOGIN_NEEDED: Finding = { verdict: 'fine', topic: 'login', text: 'none needed for --demo' }

/**
 * @returns whether the server can work as it is
 * @throws ConfigError when the settings cannot be used
 */
export async function doctor(
  flags: SettingFlags,
  output: Output,
  { demo = false, bundle }: { readonly demo?: boolean; readonly bundle?: string | undefined } = {},
): Promise<boolean> {
  const config = parseConfig(loadEnvironment(), flags)
  const database = await checkDatabase(config)
  const findings = [
    checkNode(process.versions.node, packageInfo().oldestNode),
    ...(await checkBinary(config)),
    demo ? NO_LOGIN_NEEDED : await checkLogin(config),
    await checkDataFolder(config.DATA_DIR),
    database.finding,
    checkAddress(config, database.hasKeys),
    await checkPort(config),
    checkProcessTools(),
    await checkSandbox(config),
    checkMachine(config),
  ]
  for (const finding of findings) writeFinding(output, finding)
  const failures = findings.filter(({ verdict }) => verdict === 'failure').length
  if (bundle !== undefined) {
    await writeBundle(bundle, { config, findings, url: serverUrl(config) })
    output.write(`\nWritten: ${bundle}. No secret is in it; look through it before you send it.\n`)
  }
  output.write(failures === 0 ? '\nReady: dragoman\n' : `\n${failures} to mend.\n`)
  return failures === 0
}
