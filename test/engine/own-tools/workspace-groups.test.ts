import { describe, expect, test } from 'vitest'
import { createWorkspaceGroups, type Group } from '../../../src/engine/own-tools/workspace-groups.ts'

/** Visitors by their names, of whom those come in who may. */
function folder() {
  const groups = createWorkspaceGroups()
  const inside = new Map<string, () => void>()
  return {
    inside: async () => {
      // Whoever may come in has by then.
      for (let n = 0; n < 10; n += 1) await Promise.resolve()
      return [...inside.keys()]
    },
    come: (name: string, group: Group, { turn = {}, workspace = '/w', signal = new AbortController().signal } = {}) =>
      groups.enter({ workspace, group, turn }, signal).then((leave) => void inside.set(name, leave)),
    leave: (name: string) => {
      inside.get(name)?.()
      inside.delete(name)
    },
  }
}

describe('in a folder', () => {
  test('many are at work of one group, and nobody of the other', async () => {
    const { come, inside, leave } = folder()
    for (const name of ['a', 'b']) void come(name, 'files')
    void come('c', 'commands')
    expect(await inside()).toEqual(['a', 'b'])
    leave('a')
    expect(await inside()).toEqual(['b'])
    leave('b')
    expect(await inside()).toEqual(['c'])
  })

  test('nobody passes those who wait', async () => {
    const { come, inside, leave } = folder()
    void come('a', 'files')
    void come('b', 'commands')
    void come('c', 'files')
    expect(await inside()).toEqual(['a'])
    leave('a')
    expect(await inside()).toEqual(['b'])
    leave('b')
    expect(await inside()).toEqual(['c'])
  })

  test('tools of one turn are in no other’s way', async () => {
    const { come, inside } = folder()
    const turn = {}
    void come('a', 'files', { turn })
    void come('b', 'commands', { turn })
    expect(await inside()).toEqual(['a', 'b'])
  })

  test.each([
    ['/w', '/w/inner', true],
    ['/w/inner', '/w', true],
    ['/w', '/w-too', false],
    ['/w', '/other', false],
  ])('%s and %s are one: %s', async (one, other, isOne) => {
    const { come, inside } = folder()
    void come('a', 'files', { workspace: one })
    void come('b', 'commands', { workspace: other })
    expect(await inside()).toEqual(isOne ? ['a'] : ['a', 'b'])
  })

  test("whoever does not wait any longer is in nobody's way", async () => {
    const { come, inside } = folder()
    const leaving = new AbortController()
    void come('a', 'files')
    const waiting = come('b', 'commands', { signal: leaving.signal })
    void come('c', 'files')
    leaving.abort(new Error('left'))
    await expect(waiting).rejects.toThrow('left')
    expect(await inside()).toEqual(['a', 'c'])
    await expect(come('d', 'files', { signal: leaving.signal })).rejects.toThrow('left')
  })
})
