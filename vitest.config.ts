import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

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

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Tests of commands run what is built.
    globalSetup: ['test/support/build.ts'],
    sequence: { sequencer: SlowFilesFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Every engine test runs a real Claude Code process: more at a time make each other slow.
    maxWorkers: 2,
    // No test changes a module; loading the Agent SDK for each file would take a fifth of the time.
    isolate: false,
    unstubEnvs: true,
    restoreMocks: true,
  },
})
