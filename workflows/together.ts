import { CancellationScope } from '@temporalio/workflow';

/**
 * Runs two steps beside each other. When one fails the other is cancelled and awaited first, so that nothing still works
 * on the cluster when clean-up begins; the first error is the one that is thrown.
 */
export async function together<A, B>(first: () => Promise<A>, second: () => Promise<B>): Promise<[A, B]> {
  return await CancellationScope.cancellable(async () => {
    const scope = CancellationScope.current();
    let firstError: unknown;
    let failed = false;
    const guard = <T>(work: Promise<T>): Promise<T> =>
      work.catch((error: unknown) => {
        if (!failed) {
          failed = true;
          firstError = error;
          scope.cancel();
        }
        throw error;
      });
    const [a, b] = await Promise.allSettled([guard(first()), guard(second())]);
    if (a.status === 'fulfilled' && b.status === 'fulfilled') return [a.value, b.value];
    throw firstError;
  });
}
