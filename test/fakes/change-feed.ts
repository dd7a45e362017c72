import { EventEmitter, on } from 'node:events';
import type { StoreChange, StoredObject } from './object-store.ts';

/** Store changes to any number of readers, each in its own pace and with none left out. */
export class ChangeFeed {
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  push(change: StoreChange): void {
    this.#emitter.emit('change', change);
  }

  /** What `list` gives now, then every change that follows it; ends when the signal aborts. */
  async *read(
    list: () => StoredObject[],
    signal: AbortSignal,
    onListed: () => void = () => undefined,
  ): AsyncGenerator<StoreChange, void, undefined> {
    if (signal.aborted) return;
    // Listens before it looks, so that no change falls between the two.
    const changes = on(this.#emitter, 'change', { signal });
    try {
      for (const object of list()) yield { type: 'Present', object };
      onListed();
      for await (const [change] of changes) yield change as StoreChange;
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await changes.return?.();
    }
  }
}
