import { defineConfig, type TestUserConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Files that go to the end of something, with many processes or long waits: `npm run test:long`, which continuous integration
 * runs too. What is left for `npm test` has each of their subjects in short.
 */
export const LONG = [
  'test/commands/log-reader.test.ts',
  'test/commands/serve-end.test.ts',
  'test/endpoints/effort-and-usage.test.ts',
  'test/engine/attachments.test.ts',
  'test/engine/bad-binary.test.ts',
  'test/engine/ending.test.ts',
  'test/engine/failing-turns.test.ts',
  'test/engine/faults/babbling.test.ts',
  'test/engine/faults/dying.test.ts',
  'test/engine/faults/fault-loop.test.ts',
  'test/engine/faults/silent.test.ts',
  'test/engine/isolation.test.ts',
  'test/engine/kept-reasoning.test.ts',
  'test/engine/logging-in.test.ts',
  'test/engine/own-tools/shared-folder.test.ts',
  'test/engine/prompt-cache.test.ts',
  'test/engine/resume.test.ts',
  'test/engine/spares.test.ts',
  'test/engine/spending.test.ts',
  'test/examples.test.ts',
  'test/faults/ending.test.ts',
  'test/faults/large-bodies.test.ts',
  'test/faults/mass-death.test.ts',
  'test/faults/suspended.test.ts',
  'test/usage/ledger-killed.test.ts',
  'test/usage/ledger-run.test.ts',
]

/** Files that start no process: they fill what is left of time when the last of the others runs. */
const QUICK = /\/test\/(?:demo|http|json-schema|translate|wire)\//

class SlowFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- a method of the sequencer
    const sorted = await super.sort(files)
    const isQuick = ({ moduleId }: TestSpecification): boolean => QUICK.test(moduleId)
    return [...sorted.filter((file) => !isQuick(file)), ...sorted.filter(isQuick)]
  }
}

export const SHARED: TestUserConfig = {
  // Tests of commands run what is built.
  globalSetup: ['test/support/build.ts'],
  testTimeout: 60_000,
  hookTimeout: 60_000,
  pool: 'forks',
  // Every engine test runs a real Claude Code process: more at a time make each other slow.
  maxWorkers: 2,
  // No test changes a module; loading the Agent SDK for each file would take a fifth of the time.
  isolate: false,
  unstubEnvs: true,
  restoreMocks: true,
}

export default defineConfig({
  test: {
    ...SHARED,
    include: ['test/**/*.test.ts'],
    exclude: LONG,
    sequence: { sequencer: SlowFilesFirst },
  },
})
