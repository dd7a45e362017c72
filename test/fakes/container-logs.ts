import { EventEmitter, once } from 'node:events';

/** Logs of containers: lines so far, whether there will be more, and who waits for them. */
export class ContainerLogs {
  readonly #logs = new Map<string, { lines: string[]; ended: boolean }>();
  readonly #changes = new EventEmitter().setMaxListeners(0);

  append(key: string, line: string): void {
    this.#entry(key).lines.push(line);
    this.#changes.emit('change');
  }

  end(key: string): void {
    this.#entry(key).ended = true;
    this.#changes.emit('change');
  }

  /** From the first line to the end, or until the signal aborts. */
  async *follow(key: string, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    for (let next = 0; !signal.aborted; ) {
      const { lines, ended } = this.#entry(key);
      if (next < lines.length) yield lines[next++] ?? '';
      else if (ended) return;
      else await once(this.#changes, 'change', { signal }).catch(() => undefined);
    }
  }

  #entry(key: string): { lines: string[]; ended: boolean } {
    const entry = this.#logs.get(key) ?? { lines: [], ended: false };
    this.#logs.set(key, entry);
    return entry;
  }
}
