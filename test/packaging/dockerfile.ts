/** Reads the Dockerfile, as far as ours goes: instructions by stage, lines joined, comments left out. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

export const root = fileURLToPath(new URL('../..', import.meta.url))

export const textOf = (path: string): string => readFileSync(`${root}${path}`, 'utf8')

export interface Instruction {
  readonly name: string
  readonly text: string
}

/** The instructions of each stage; the first one of a stage is its FROM. */
export function stagesOf(dockerfile: string): readonly (readonly Instruction[])[] {
  const stages: Instruction[][] = []
  const whole = dockerfile.replaceAll(/^\s*#.*\n/gm, '').replaceAll(/\\\n\s*/g, ' ')
  for (const line of whole.split('\n')) {
    const [, name, text] = /^([A-Z]+)\s+(.+)$/.exec(line.trim()) ?? []
    if (name === undefined || text === undefined) continue
    if (name === 'FROM') stages.push([])
    stages.at(-1)?.push({ name, text })
  }
  return stages
}

/** What the instructions of a name say. */
export const said = (stage: readonly Instruction[] | undefined, name: string): readonly string[] =>
  (stage ?? []).filter((instruction) => instruction.name === name).map(({ text }) => text)

/** The words of an instruction in its JSON form, which no shell reads. */
export const wordsOf = (text: string): readonly string[] =>
  z.array(z.string()).parse(JSON.parse(text.slice(text.indexOf('['))))

/** The program that says whether a container is well. */
export const healthcheck = (): readonly string[] =>
  wordsOf(said(stagesOf(textOf('Dockerfile')).at(-1), 'HEALTHCHECK').join(''))
