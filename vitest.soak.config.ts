import { defineConfig } from 'vitest/config'

/** The long runs: `npm run soak`, well over an hour. Variables in the head of each file make it shorter. */
export default defineConfig({
  test: {
    include: ['test/soak/**/*.soak.ts'],
    testTimeout: 3_600_000,
    hookTimeout: 60_000,
    // They measure: one at a time.
    fileParallelism: false,
  },
})
