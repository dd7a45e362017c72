/** Counts API requests by verb and kind (`create Job`), each attempt on the wire once. */
export class RequestCounter {
  readonly #counts = new Map<string, number>();

  add(verb: string, kind: string): void {
    const key = `${verb} ${kind}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** A copy, sorted by name. */
  read(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => a.localeCompare(b)));
  }
}
