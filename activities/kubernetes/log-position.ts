/** `2026-11-23T21:00:00.123456789Z text`, as the kubelet prefixes every line when asked for timestamps. */
const STAMPED = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d) ?(.*)$/s;

/**
 * Where a followed log stands, so that it can go on after a lost connection without losing or doubling a line.
 * `sinceTime` has a resolution of one second on its way to the kubelet: asking again repeats the lines of that second,
 * and exactly as many as were delivered are left out. Pure apart from its counters.
 */
export class LogPosition {
  /** Milliseconds since 1970 of the newest whole second, and how many lines of it were delivered. */
  #second = Number.NEGATIVE_INFINITY;
  #delivered = 0;
  #toSkip = 0;
  #skipping = false;

  /** Call before each connection; the `sinceTime` to ask for, undefined for the whole log. */
  resume(): string | undefined {
    this.#toSkip = this.#delivered;
    this.#skipping = false;
    return Number.isFinite(this.#second) ? new Date(this.#second).toISOString() : undefined;
  }

  /** The text of a new line without its timestamp, undefined for one that was delivered before. */
  accept(line: string): string | undefined {
    const match = STAMPED.exec(line);
    // A piece of a very long line has no timestamp of its own.
    if (!match) return this.#skipping ? undefined : line;
    this.#skipping = this.#toSkip > 0;
    if (this.#skipping) {
      this.#toSkip--;
      return undefined;
    }
    const second = Date.parse(`${match[1]}${match[2]}`);
    if (second > this.#second) {
      this.#second = second;
      this.#delivered = 0;
    }
    // Two streams of one container may be a hair out of order; only lines that `sinceTime` would bring again count.
    if (second === this.#second) this.#delivered++;
    return match[3] ?? '';
  }
}
