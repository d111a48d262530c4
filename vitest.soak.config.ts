import { defineConfig } from 'vitest/config'

/** The long runs: `npm run soak`, some half an hour. `SOAK_TURNS` makes them shorter. */
export default defineConfig({
  test: { include: ['test/soak/**/*.soak.ts'], testTimeout: 3_600_000, hookTimeout: 60_000 },
})
