/** How settings are written: text of the environment as the value that it stands for. */
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import proxyaddr from 'proxy-addr'
import { z } from 'zod'
import { toolNamed } from './tools/tool-names.ts'
import type { OwnToolName } from './turn/own-tools.ts'

const TRUE = ['1', 'true', 'yes', 'on']
const FALSE = ['0', 'false', 'no', 'off', '']

export const flag = z
  .string()
  .toLowerCase()
  .refine((text) => [...TRUE, ...FALSE].includes(text), 'expected true or false')
  .transform((text) => TRUE.includes(text))
export const integer = (min: number, max: number) =>
  z.string().regex(/^\d+$/, 'expected a whole number').transform(Number).pipe(z.number().min(min).max(max))
export const json = <T extends z.ZodType>(schema: T) =>
  z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text)
      } catch {
        const isUnquoted = /^[[{][^"]*$/.test(text)
        context.addIssue({
          code: 'custom',
          message: isUnquoted ? 'expected JSON; in a shell, put it between single quotes' : 'expected JSON',
        })
        return z.NEVER
      }
    })
    .pipe(schema)
export const text = z.string().trim().min(1)
/** A folder or file, made absolute: a child works in another folder than the one that a relative path was meant for. */
export const path = text.transform((given) => resolve(given.replace(/^~(?=\/|$)/, homedir())))
/** Compared byte by byte with a header, which holds nothing else. */
export const key = text.regex(/^[\x21-\x7e]+$/, 'expected visible ASCII characters without spaces')

/** `a, b`, `none`, or a list in JSON. */
function listed(given: string): string[] {
  if (given.toLowerCase() === 'none') return []
  const list = given.startsWith('[') ? json(z.array(z.string())).safeParse(given).data : undefined
  return list ?? given.split(',').map((name) => name.trim())
}

/** By either of their names; what is none of Claude Code's is refused. */
export const toolNames = text
  .transform(listed)
  .refine((names) => names.every((name) => toolNamed(name) !== undefined), "expected names of Claude Code's own tools")
  .transform((names): OwnToolName[] => [...new Set(names.flatMap((name) => toolNamed(name) ?? []))])

export const perMinute = integer(1, 1_000_000)
export const proxies = json(z.array(z.string())).refine((list) => {
  try {
    return typeof proxyaddr.compile(list) === 'function'
  } catch {
    return false
  }
}, 'expected a JSON list of addresses, ranges and the words loopback, linklocal, uniquelocal')

export const databaseUrl = text
  .regex(/^(?:sqlite:|postgres(?:ql)?:\/\/)/, 'expected sqlite:, sqlite:<path> or postgres://…')
  .refine((url) => url.startsWith('sqlite:') || URL.canParse(url), 'expected a URL')
