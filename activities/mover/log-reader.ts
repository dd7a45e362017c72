import type { FailureType } from '../../workflows/failures.ts';

/** The last lines are what a failure is classified from. */
const TAIL_LINES = 200;
const MAX_LINE_LENGTH = 16 * 1024;

/** A failure as the log tells it; same shape as Kopia's classifier. */
export interface LogFailure {
  readonly type: FailureType;
  readonly message: string;
  readonly retryable?: boolean;
}

/** What one kind of mover says in its log. */
export interface LogLanguage<T> {
  /** The result, when the line holds it. */
  readonly result: (line: string) => T | undefined;
  /** For a program whose last lines say nothing sure: the result of a container that exited with 0, from its whole log. */
  readonly atEnd?: (tail: string) => T | undefined;
  /** A failure that cannot get better any more although the mover goes on. */
  readonly decisive: (line: string) => LogFailure | undefined;
  /** The failure behind the last lines of a mover that ended without a result. */
  readonly classify: (tail: string) => LogFailure;
}

/** The last lines of a log, for classification. Reading the same log again starts it anew. */
export class LogTail {
  #lines: string[] = [];

  add(line: string): void {
    this.#lines.push(line.length <= MAX_LINE_LENGTH ? line : `${line.slice(0, MAX_LINE_LENGTH)}…`);
    if (this.#lines.length > TAIL_LINES) this.#lines.shift();
  }

  clear(): void {
    this.#lines = [];
  }

  get empty(): boolean {
    return this.#lines.every((line) => line.trim() === '');
  }

  get text(): string {
    return this.#lines.join('\n');
  }
}
