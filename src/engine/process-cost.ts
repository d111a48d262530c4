/** A process counts its cost from its start. */
export class ProcessCost {
  #totalUsd = 0

  /** What it has cost since it was asked last. */
  since({ total_cost_usd: totalUsd }: { readonly total_cost_usd: number }): number {
    const cost = totalUsd - this.#totalUsd
    this.#totalUsd = totalUsd
    return Math.max(0, cost)
  }
}
