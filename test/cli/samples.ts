import { describeSuspicion } from '../../api/suspicion.ts';
import type { VolumeStatus } from '../../cli/volume-status.ts';
import type { BackupVolumeResult } from '../../workflows/backup/contract.ts';
import type { SnapshotSummary } from '../../workflows/repository/contract.ts';
import type { Comparison, RestoreVolumeResult } from '../../workflows/restore/contract.ts';

/** The time at which everything in these samples is looked at. */
export const now = new Date('2026-11-23T12:00:00Z');

const id = '0123456789abcdef0123456789abcdef';

export const backupResult: BackupVolumeResult = {
  outcome: 'Succeeded',
  snapshotId: id,
  identity: 'app-src@demo:/data',
  repository: 'kopia',
  files: 12_345,
  directories: 678,
  bytes: 1_234_567_890,
  uploadedBytes: 4567,
  unreadableFiles: 0,
  removedSnapshots: ['f'.repeat(32)],
  snapshotsKept: 31,
  phases: [
    { phase: 'Preflight', milliseconds: 80 },
    { phase: 'Mover', milliseconds: 3200 },
  ],
};

export const restoreResult: RestoreVolumeResult = {
  outcome: 'Restored',
  message: 'demo/app-config was restored from the snapshot of 2026-11-23T11:00:05Z',
  snapshotId: id,
  snapshotTime: '2026-11-23T11:00:05Z',
  identity: 'app-src@demo:/data',
  files: 12_345,
  directories: 678,
  bytes: 1_234_567_890,
  volumeName: 'pvc-1234',
  phases: [{ phase: 'Mover', milliseconds: 61_000 }],
};

const none = { count: 0, examples: [] };

export const comparison: Comparison = {
  filesExpected: 12_345,
  filesFound: 12_345,
  directoriesExpected: 678,
  directoriesFound: 678,
  symlinksExpected: 2,
  symlinksFound: 2,
  bytesExpected: 1_234_567_890,
  bytesFound: 1_234_567_890,
  contentsCompared: 1235,
  mismatches: none,
  owners: { count: 7, examples: ['root-file', 'lib/a', 'lib/b', 'lib/c'] },
  modes: { count: 1, examples: ['setuid'] },
  times: none,
};

export const snapshot = (change: Partial<SnapshotSummary>): SnapshotSummary => ({
  id,
  rootObject: 'k1',
  startTime: '2026-11-23T11:00:05Z',
  endTime: '2026-11-23T11:00:09Z',
  files: 12_345,
  directories: 678,
  symlinks: 2,
  bytes: 1_234_567_890,
  failedEntries: 0,
  tags: {},
  retentionReasons: ['hourly-1', 'daily-1'],
  pins: [],
  ...change,
});

export const suspicion = describeSuspicion({ namespace: 'web', claim: 'wiki-config' }, '2026-11-23T11:00:05Z', {
  before: { id, startTime: '2026-11-23T10:00:05Z', files: 12_345, bytes: 1_234_567_890 },
  after: { id: 'f'.repeat(32), startTime: '2026-11-23T11:00:05Z', files: 0, bytes: 0 },
});

const run = { runId: 'run-1', workflowId: 'backup/demo/app-src' };

export const volumes: readonly VolumeStatus[] = [
  {
    namespace: 'demo',
    claim: 'app-config',
    phase: 'Bound',
    capacity: '10Gi',
    schedules: [{ scheduleId: 'backup/demo/app-src', paused: false, note: '', next: '2026-11-23T12:00:27Z' }],
    lastBackup: {
      ...run,
      outcome: 'Succeeded',
      finishedAt: '2026-11-23T11:00:32Z',
      snapshotId: id,
      files: 12_345,
      bytes: 1_234_567_890,
      uploadedBytes: 4567,
      durationSeconds: 4.5,
    },
    restored: { snapshotId: id, at: '2026-11-20T08:00:00Z', snapshotTime: '2026-11-20T07:00:27Z' },
    running: [],
  },
  {
    namespace: 'demo',
    claim: 'db-config',
    phase: 'Missing',
    schedules: [{ scheduleId: 'backup/demo/db-src', paused: true, note: 'disk swap' }],
    running: [{ workflowId: 'restore/demo/db-config', runId: 'run-2', since: '2026-11-23T11:58:30Z' }],
  },
  {
    namespace: 'media',
    claim: 'emby-config',
    phase: 'Bound',
    schedules: [],
    lastBackup: { ...run, outcome: 'Failed', finishedAt: '2026-11-23T09:00:00Z', durationSeconds: 12 },
    lastFailure: {
      type: 'WrongPassword',
      message: 'the password does not open the repository',
      time: '2026-11-23T09:00:00Z',
    },
    running: [],
  },
  { namespace: 'media', claim: 'unreadable-cluster', schedules: [], running: [] },
  {
    namespace: 'web',
    claim: 'wiki-config',
    phase: 'Bound',
    schedules: [{ scheduleId: 'backup/web/wiki-src', paused: false, note: '', next: '2026-11-23T12:00:27Z' }],
    lastBackup: {
      ...run,
      outcome: 'Succeeded',
      finishedAt: '2026-11-23T11:00:32Z',
      snapshotId: id,
      files: 0,
      bytes: 0,
      durationSeconds: 2,
      suspicious: suspicion,
    },
    running: [],
  },
];
