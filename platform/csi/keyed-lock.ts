/** Runs work one after the other for each key. A caller that gave up and asks again waits for its first call and finds the result. */
export type KeyedLock = <T>(keys: readonly string[], work: () => Promise<T>) => Promise<T>;

/** Makes a lock. Keys are taken in sorted order, so that two callers with the same two keys never wait for each other. */
export function createKeyedLock(): KeyedLock {
  const tails = new Map<string, Promise<unknown>>();
  const withKey = <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const result = (tails.get(key) ?? Promise.resolve()).then(work);
    const tail = result.then(
      () => undefined,
      () => undefined,
    );
    tails.set(key, tail);
    void tail.then(() => {
      if (tails.get(key) === tail) tails.delete(key);
    });
    return result;
  };
  return (keys, work) =>
    [...new Set(keys)]
      .sort()
      .reverse()
      .reduce<typeof work>((inner, key) => () => withKey(key, inner), work)();
}
