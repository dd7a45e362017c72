import { ApplicationFailure, condition, defineSignal, setHandler } from '@temporalio/workflow';

/** Ends when a test says so: with a type it fails, with an empty text it ends well. */
export const endSignal = defineSignal<[string]>('end');

/** Stands in for the real backup where a test decides how long it takes and how it ends. */
export async function backupVolume(): Promise<void> {
  let end: string | undefined;
  setHandler(endSignal, (failureType) => {
    end = failureType;
  });
  await condition(() => end !== undefined);
  if (end) throw ApplicationFailure.create({ type: end, message: 'as the test wanted', nonRetryable: true });
}
