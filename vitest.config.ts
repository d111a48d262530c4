import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
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
  },
})
