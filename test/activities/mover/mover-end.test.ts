import { describe, expect, test } from 'vitest';
import type { PodStatus } from '../../../activities/kubernetes/pod-status.ts';
import { LogTail } from '../../../activities/mover/log-reader.ts';
import { moverEnd } from '../../../activities/mover/mover-end.ts';
import { backupLanguage } from '../../../activities/mover/run-backup-mover.ts';
import { FailureType } from '../../../workflows/failures.ts';

const failed: PodStatus = {
  state: 'Failed',
  exitCode: 1,
  failure: { type: 'MoverFailed', message: 'ended with exit code 1' },
};

const end = (status: PodStatus | undefined, log: string[], taken = false) => {
  const tail = new LogTail();
  for (const line of log) tail.add(line);
  return moverEnd({ language: backupLanguage, tail, status, taken, jobName: 'volsync-src-app-src' });
};

describe('why a mover ended without a result', () => {
  test.each([
    ['what it said', failed, ['ERROR open repository: invalid repository password'], false, FailureType.WrongPassword],
    [
      'what it said, also when its pod was removed afterwards',
      failed,
      ['ERROR open repository: invalid repository password'],
      true,
      FailureType.WrongPassword,
    ],
    [
      'being taken away, whatever a Kopia that is told to stop says',
      failed,
      ['ERROR upload error: context canceled'],
      true,
      FailureType.Evicted,
    ],
    ['being taken away without a word', undefined, [], true, FailureType.Evicted],
    ['a kill from outside', { ...failed, exitCode: 137 }, ['half a line'], false, FailureType.Evicted],
    ['an unknown error, for a person to read', failed, ['ERROR the moon is full'], false, FailureType.MoverFailed],
    ['nothing at all', { state: 'Succeeded', exitCode: 0 } as PodStatus, [], false, FailureType.MoverFailed],
  ])('is %s', (_name, status, log, taken, type) => {
    expect(end(status, log, taken).type).toBe(type);
  });
});
