import { describe, expect, it } from 'vitest'
import { createLiveConfig } from '../../src/commands/live-config.ts'
import { parseConfig } from '../../src/config.ts'

describe('settings that are read anew', () => {
  it('are taken over together, and whoever has asked before keeps what it was told', () => {
    const holder = createLiveConfig(parseConfig({ STRICT_PARAMS: 'false', MAX_QUEUE: '5' }))
    const before = holder.current()
    const { changed } = holder.change(parseConfig({ STRICT_PARAMS: 'true', MAX_QUEUE: '7' }))
    expect(changed).toEqual(['STRICT_PARAMS', 'MAX_QUEUE'])
    expect(holder.current()).toMatchObject({ STRICT_PARAMS: true, MAX_QUEUE: 7 })
    expect(before).toMatchObject({ STRICT_PARAMS: false, MAX_QUEUE: 5 })
  })

  it('that need a restart are named each time, until they are as the server runs', () => {
    const holder = createLiveConfig(parseConfig({ PORT: '8000' }))
    const next = parseConfig({ PORT: '9000', DATABASE_URL: 'sqlite:/elsewhere' })
    expect(holder.change(next)).toEqual({ changed: [], needRestart: ['PORT', 'DATABASE_URL'] })
    expect(holder.change(next).needRestart).toEqual(['PORT', 'DATABASE_URL'])
    expect(holder.change(parseConfig({ PORT: '8000' })).needRestart).toEqual([])
  })
})
