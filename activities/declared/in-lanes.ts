/**
 * Works through items some at a time. Every item is tried unless `enough` says that no more are to be begun; the first
 * error is thrown when all have ended.
 */
export async function inLanes<Item>(
  items: readonly Item[],
  lanes: number,
  work: (item: Item) => Promise<void>,
  enough: () => boolean = () => false,
): Promise<void> {
  let next = 0;
  let failed = false;
  let firstError: unknown;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < items.length && !enough(); index = next++) {
      try {
        await work(items[index]!);
      } catch (error) {
        if (!failed) firstError = error;
        failed = true;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
  if (failed) throw firstError;
}
