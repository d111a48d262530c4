import { defineConfig } from 'vitest/config'
import { LONG, SHARED } from './vitest.config.ts'

/** What `npm test` leaves out: `npm run test:long`, some three minutes. */
export default defineConfig({ test: { ...SHARED, include: LONG } })
