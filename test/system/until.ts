/** Between two looks at a condition, milliseconds. */
const LOOK_EVERY = 100;

/**
 * Waits until `look` returns something, and returns it. Throws with the last error, or with what was waited for.
 * `seconds` is a bound for a hanging test, not a measurement.
 */
export async function until<T>(what: string, seconds: number, look: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  let last: unknown;
  for (;;) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline)
      throw new Error(`${what}: not within ${seconds} s`, last === undefined ? {} : { cause: last });
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}
