/** Looking at a process's file descriptors and their limit, and changing the limit, from outside. Linux only. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** Lets the process open this many more than it has. @returns puts its own limit back */
export function limitOpenFiles(pid: number, more: number): () => void {
  const own = /^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1] ?? 'unlimited'
  const set = (soft: string): void => {
    execFileSync('prlimit', ['--pid', String(pid), `--nofile=${soft}:`])
  }
  set(String(freeNumber(pid, more)))
  return () => set(own)
}

/** The limit counts numbers: with the one that is free after `more` others as the limit, only those others can be taken. */
function freeNumber(pid: number, more: number): number {
  const taken = new Set(readdirSync(`/proc/${pid}/fd`).map(Number))
  const numbers = Array.from({ length: taken.size + more + 1 }, (_, number) => number)
  return numbers.filter((number) => !taken.has(number))[more] ?? numbers.length
}
