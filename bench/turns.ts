type Steps = Readonly<Record<string, () => Promise<unknown>>>;
type Results<T extends Steps> = { readonly [K in keyof T]: Awaited<ReturnType<T[K]>> };

/**
 * Does the steps of one round one after the other, beginning with another one in each round, so that none always comes
 * after the same and a machine that gets slower or faster hits all of them.
 */
export async function inTurns<T extends Steps>(round: number, steps: T): Promise<Results<T>> {
  const entries = Object.entries(steps);
  const results: Record<string, unknown> = {};
  for (let turn = 0; turn < entries.length; turn++) {
    const [name, step] = entries[(round + turn) % entries.length]!;
    results[name] = await step();
  }
  return results as Results<T>;
}
