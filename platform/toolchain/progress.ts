/** Receives one line of progress, without line end. */
export type Log = (line: string) => void;

/** Writes lines to stderr, plain text whether it is a terminal or not. */
export const stderrLog: Log = (line) => {
  process.stderr.write(`${line}\n`);
};

/** `75` → `1 min 15 s`. Pure. */
export function renderDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return seconds < 10 ? `${seconds.toFixed(1)} s` : `${whole} s`;
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Runs `work`, and every `everySeconds` while it goes on calls `beat` with the elapsed seconds. */
export async function withHeartbeat<T>(
  work: Promise<T>,
  beat: (elapsedSeconds: number) => void,
  everySeconds = 15,
): Promise<T> {
  const started = Date.now();
  const timer = setInterval(() => beat((Date.now() - started) / 1000), everySeconds * 1000);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
