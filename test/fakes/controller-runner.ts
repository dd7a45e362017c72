import type { InMemoryCluster } from './in-memory-cluster.ts';
import type { StoreChange } from './object-store.ts';

/** A part of the cluster that a test plugs in. It is told of every change and brings the world further through the cluster. */
export type Controller = (change: StoreChange, cluster: InMemoryCluster) => void | Promise<void>;

/** Tells controllers of changes, one after another in their order, and keeps what they throw. */
export class ControllerRunner {
  readonly #controllers: readonly Controller[];
  readonly #errors: unknown[] = [];

  constructor(controllers: readonly Controller[]) {
    this.#controllers = controllers;
  }

  react(change: StoreChange, cluster: InMemoryCluster): void {
    for (const controller of this.#controllers)
      void Promise.resolve()
        .then(() => controller(change, cluster))
        .catch((error: unknown) => this.#errors.push(error));
  }

  /** Throws what a controller threw. */
  verify(): void {
    if (this.#errors.length > 0) throw new AggregateError(this.#errors, 'a controller of the in-memory cluster failed');
  }
}
