/** `ready` may hold a conversation that its next turn goes on from; `resetting` is on the way from any use to empty. */
export type WorkerState = 'starting' | 'ready' | 'busy' | 'resetting' | 'dead'

const ALLOWED: Record<WorkerState, readonly WorkerState[]> = {
  starting: ['ready', 'dead'],
  ready: ['busy', 'resetting', 'dead'],
  busy: ['ready', 'resetting', 'dead'],
  resetting: ['ready', 'dead'],
  dead: [],
}

export function mayBecome(state: WorkerState, next: WorkerState): boolean {
  return ALLOWED[state].includes(next)
}
