import pc from 'picocolors';

/** Formatters that add colour, or nothing. */
export type Colors = ReturnType<typeof pc.createColors>;

export interface TextStream {
  readonly isTTY: boolean;
  /** Width of the terminal, characters; absent when it is none. */
  readonly columns?: number;
  readonly write: (text: string) => void;
}

/** Results go to standard output, everything on the way to standard error. */
export interface Output {
  readonly colors: Colors;
  /** The command's result, once, at its end. */
  result(text: string): void;
  /** A line of progress or a remark. */
  note(line: string): void;
  /** The line that is overwritten by the next; nothing where standard error is not a terminal. */
  live(line: string): void;
  readonly isLive: boolean;
}

/** Back to the beginning of the line, and the rest of it away. */
const CLEAR_LINE = '\r\u001b[K';

export function createOutput(stdout: TextStream, stderr: TextStream, color: boolean): Output {
  let live = '';
  const clear = (): void => {
    if (live) stderr.write(CLEAR_LINE);
    live = '';
  };
  const lines = (text: string): string => (text.endsWith('\n') || text === '' ? text : `${text}\n`);
  return {
    colors: pc.createColors(color),
    isLive: stderr.isTTY,
    result(text) {
      clear();
      stdout.write(lines(text));
    },
    note(line) {
      clear();
      stderr.write(lines(line));
    },
    live(line) {
      // A line that wraps could not be overwritten.
      const shown = line.slice(0, (stderr.columns ?? 80) - 1);
      if (!stderr.isTTY || shown === live) return;
      stderr.write(CLEAR_LINE + shown);
      live = shown;
    },
  };
}
