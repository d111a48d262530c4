import { type Engine, type EngineStatus, NO_WORKERS } from '../engine/engine.ts'
import { estimateUnknown } from '../engine/estimate.ts'
import { createModelCapabilities } from '../engine/model-capabilities.ts'

export interface DeferredEngine extends Engine {
  /** Hands over the engine that everything was waiting for. */
  resolve(engine: Engine): void
}

const STARTING: EngineStatus = {
  state: 'starting',
  login: 'not yet known',
  auth: { method: 'none', missing: [] },
  provider: 'anthropic',
  egress: false,
  commands: 'none',
  reuse: 'unproven',
  workers: NO_WORKERS,
  queued: 0,
}

/**
 * Stands in for the engine while the port is being taken: a server that cannot listen must not start a process. What is
 * asked of it meanwhile waits.
 */
export function createDeferredEngine(): DeferredEngine {
  let hand: (engine: Engine) => void = () => undefined
  const unknown = createModelCapabilities(() => undefined)
  const estimate = estimateUnknown()
  let real: Engine | undefined
  const handed = new Promise<Engine>((resolve) => (hand = resolve))
  return {
    admit: (principalId) => real?.admit(principalId),
    async *run(turn, signal, meter) {
      yield* (await handed).run(turn, signal, meter)
    },
    estimate: (turn) => (real?.estimate ?? estimate)(turn),
    capabilities: (model) => (real?.capabilities ?? unknown.of)(model),
    models: async () => (await handed).models(),
    status: () => real?.status() ?? STARTING,
    isDraining: () => real?.isDraining() === true,
    close: async (graceMs) => (await handed).close(graceMs),
    resolve: (engine) => {
      real = engine
      hand(engine)
    },
  }
}
