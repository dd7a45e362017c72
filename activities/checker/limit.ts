/** Runs at most `most` of the given acts at once; the others wait in order. */
export function limitTo(most: number): <T>(act: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (act) => {
    if (running >= most) await new Promise<void>((resume) => waiting.push(resume));
    else running++;
    try {
      return await act();
    } finally {
      // A place is handed on, never freed in between.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
