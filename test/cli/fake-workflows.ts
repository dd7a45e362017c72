import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow';
import type { BackupVolumeResult } from '../../workflows/backup/contract.ts';
import type { DrillVolumeResult } from '../../workflows/drill/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import { PROGRESS_QUERY, type RunProgress } from '../../workflows/progress.ts';
import type { InitRepositoryResult, ListSnapshotsResult } from '../../workflows/repository/contract.ts';
import type { InspectContentInput, InspectRepositoryResult } from '../../workflows/repository/inspect-contract.ts';
import type { RestoreVolumeResult } from '../../workflows/restore/contract.ts';

/**
 * Stand in for the real workflows under their names and contracts, so that starting, joining, following and exit codes are
 * tested alone. What they do is asked for by the claim's name.
 */
interface VolumeInput {
  readonly namespace: string;
  readonly claim: string;
}

const { followMover } = proxyActivities<{ followMover(): Promise<void> }>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '10 milliseconds' },
});

const phases = [{ phase: 'Preflight', milliseconds: 80 }];

/** Lets a run that waits end. */
const finish = defineSignal('finish');

async function behave({ claim }: VolumeInput): Promise<void> {
  const progress: RunProgress = { phase: 'Mover', phases };
  setHandler(defineQuery<RunProgress>(PROGRESS_QUERY), () => progress);
  if (claim === 'moving') await followMover();
  if (claim === 'waiting') {
    let finished = false;
    setHandler(finish, () => {
      finished = true;
    });
    await condition(() => finished);
  }
  if (claim === 'locked') throw ApplicationFailure.nonRetryable('it does not open', FailureType.WrongPassword);
  if (claim === 'broken') throw ApplicationFailure.nonRetryable('something else');
}

export async function backupVolume(input: VolumeInput): Promise<BackupVolumeResult> {
  await behave(input);
  return {
    outcome: 'Succeeded',
    snapshotId: 'a'.repeat(32),
    identity: 'app-src@demo:/data',
    repository: 'kopia',
    files: 3,
    directories: 1,
    bytes: 300,
    unreadableFiles: 0,
    removedSnapshots: [],
    snapshotsKept: 1,
    phases: [...phases, { phase: 'Mover', milliseconds: 1234 }],
  };
}

export async function restoreVolume(input: VolumeInput): Promise<RestoreVolumeResult> {
  await behave(input);
  const message = `${input.namespace}/${input.claim} exists: nothing was touched`;
  return { outcome: 'TargetExists', message, identity: 'app-src@demo:/data', phases };
}

/** Tells back its check, as an image. */
export async function drillVolume(input: VolumeInput & { check?: { image: string } }): Promise<DrillVolumeResult> {
  await behave(input);
  const { namespace, claim } = input;
  const check = input.check ? { check: { image: input.check.image, seconds: 1, log: ['ok'] } } : {};
  return {
    ...{ namespace, claim, source: 'app-src', repository: 'kopia', identity: 'app-src@demo:/data' },
    ...{ workflowId: 'drill', runId: 'run', outcome: 'Passed', message: `${namespace}/${claim} was restored` },
    ...{ startedAt: '2026-11-23T11:00:00Z', finishedAt: '2026-11-23T11:01:00Z', durationSeconds: 60, ...check, phases },
  };
}

export async function initRepository(input: { repository: string; adopt?: boolean }): Promise<InitRepositoryResult> {
  return { outcome: input.adopt ? 'Adopted' : 'Created', repository: input.repository, uniqueId: 'ab12' };
}

/** Tells back what was asked for, as a tag. */
export async function listSnapshots(input: VolumeInput): Promise<ListSnapshotsResult> {
  await behave(input);
  const one = {
    id: 'b'.repeat(32),
    rootObject: 'k',
    startTime: '2026-11-23T11:00:00Z',
    endTime: '2026-11-23T11:00:01Z',
  };
  const counts = {
    files: 3,
    directories: 1,
    symlinks: 0,
    bytes: 300,
    failedEntries: 0,
    retentionReasons: [],
    pins: [],
  };
  return { identity: 'app-src@demo:/data', snapshots: [{ ...one, ...counts, tags: { input: JSON.stringify(input) } }] };
}

/** Three snapshots for each source, of which retention would remove two where it says so; none for one that is lost. */
export async function inspectRepository({ sources = [] }: InspectContentInput): Promise<InspectRepositoryResult> {
  const [newest, oldest] = ['2026-11-23T11:00:00Z', '2026-01-10T11:00:00Z'];
  return {
    repository: 'kopia',
    uniqueId: 'ab12',
    path: 'repository',
    identities: { count: 3, listed: [] },
    access: { looked: 10, closedFolders: 0, closedFiles: 0, owners: [], examples: [] },
    sources: sources.map(({ identity: { username, hostname, path }, retain }) => {
      const lost = username.startsWith('lost');
      const span = lost ? { count: 0 } : { count: 3, newest, oldest };
      const removed =
        !lost && retain.monthly === 0 && username.startsWith('tight') ? { count: 2, newest, oldest } : { count: 0 };
      return {
        identity: `${username}@${hostname}:${path}`,
        ...span,
        bytes: 300,
        removed: { ...removed, ids: [] },
        policy: { retain: {}, compression: '' },
        policyDiffers: true,
        similar: lost ? ['found@demo:/data'] : [],
      };
    }),
  };
}
