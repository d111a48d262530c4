import { test } from 'vitest'
import { detectSandbox } from '../../src/engine/own-tools/detect-sandbox.ts'

const found = await detectSandbox(process.env)
/** Continuous integration installs what the sandbox needs, and would rather fail than leave something out. */
const isRequired = process.env['TEST_SANDBOX'] === 'required'

if (!found.available && !isRequired) console.warn(`left out, because commands cannot be held here (${found.reason}):`)

/** A test in which the model runs commands. Left out on a machine that cannot hold them in a sandbox. */
// oxlint-disable-next-line vitest/no-disabled-tests -- it is called where the tests are
export const testInSandbox = test.runIf(found.available || isRequired)

/** As above, where each command has a sandbox of Claude Code's own, which does not hold root. */
// oxlint-disable-next-line vitest/no-disabled-tests -- it is called where the tests are
export const testInCommandSandbox = test.runIf((found.available || isRequired) && process.getuid?.() !== 0)
