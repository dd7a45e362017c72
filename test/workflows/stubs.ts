import { ApplicationFailure } from '@temporalio/common';
import type { VerifyReport } from '../../api/verify-report.ts';
import type {
  BackupControlActivities,
  BackupMoverActivities,
  BackupMoverResult,
  BackupPlan,
} from '../../workflows/backup/contract.ts';
import type {
  CareControlActivities,
  CareMoverActivities,
  CarePlan,
  RepositoryCareActivities,
} from '../../workflows/care/contract.ts';
import type { DrillControlActivities, DrillMoverActivities } from '../../workflows/drill/contract.ts';
import type { FailureType } from '../../workflows/failures.ts';
import { failureRules } from '../../workflows/failures.ts';
import type {
  RepositoryActivities,
  RepositoryRecordActivities,
  SnapshotSummary,
} from '../../workflows/repository/contract.ts';
import type { Comparison, RestoreControlActivities, RestoreMoverActivities } from '../../workflows/restore/contract.ts';
import type { WatchActivities } from '../../workflows/watch/contract.ts';

export type AllActivities = BackupControlActivities &
  BackupMoverActivities &
  RestoreControlActivities &
  RestoreMoverActivities &
  RepositoryRecordActivities &
  RepositoryActivities &
  CareControlActivities &
  CareMoverActivities &
  RepositoryCareActivities &
  DrillControlActivities &
  DrillMoverActivities &
  WatchActivities;

export const UNIQUE_ID = 'ab'.repeat(32);

export const summary = (id: string, more: Partial<SnapshotSummary> = {}): SnapshotSummary => ({
  id,
  rootObject: `k${id}`,
  startTime: '2026-11-23T10:00:00Z',
  endTime: '2026-11-23T10:00:01Z',
  files: 3,
  directories: 2,
  symlinks: 1,
  bytes: 300,
  failedEntries: 0,
  tags: { 'stowage-capacity': '1Gi', 'stowage-storage-class': 'stowage', 'stowage-access-modes': 'ReadWriteOnce' },
  retentionReasons: ['latest-1'],
  pins: [],
  ...more,
});

export const moverResult = (more: Partial<BackupMoverResult> = {}): BackupMoverResult => ({
  snapshotId: 'new',
  files: 3,
  directories: 2,
  bytes: 300,
  unreadable: 0,
  unreadablePaths: [],
  uploadedBytes: 30,
  startMilliseconds: 5,
  kopiaMilliseconds: 5,
  ...more,
});

const plan: BackupPlan = {
  claimUid: 'uid-1',
  capacity: '1Gi',
  accessModes: ['ReadWriteOnce'],
  claimCapacity: '1Gi',
  claimAccessModes: ['ReadWriteOnce'],
  cacheClaim: 'kopia-cache-app',
  cacheClaimExists: true,
  privileged: false,
  repositoryUniqueId: UNIQUE_ID,
  repository: { kind: 'Volume', claim: 'kopia', path: '/repository' },
};

const carePlan: CarePlan = {
  repository: {
    name: 'kopia',
    namespace: 'stowage-system',
    secretName: 'kopia-secret',
    repositoryClaim: 'kopia',
    moverSecurityContext: { runAsUser: 1000 },
    cacheCapacity: '1Gi',
  },
  privileged: false,
  repositoryUniqueId: UNIQUE_ID,
  place: { kind: 'Volume', claim: 'kopia', path: '/repository' },
};

/** A quick verification that found nothing. */
export const wholeReport: VerifyReport = {
  mode: 'quick',
  part: { index: 0, of: 1 },
  snapshots: 2,
  objects: 7,
  contentsChecked: 5,
  contentsRead: 0,
  bytesRead: 0,
  damagedContents: 0,
  damagedPacks: 0,
  packs: [],
  affectedSnapshots: 0,
  affectedIdentities: [],
  affected: [],
};

const none = { count: 0, examples: [] };
export const equalComparison: Comparison = {
  filesExpected: 3,
  filesFound: 3,
  directoriesExpected: 2,
  directoriesFound: 2,
  symlinksExpected: 1,
  symlinksFound: 1,
  bytesExpected: 300,
  bytesFound: 300,
  contentsCompared: 1,
  mismatches: none,
  owners: none,
  modes: none,
  times: none,
};

/** A typed failure as the real activities throw it. */
export const failure = (type: FailureType, message = `${type} happened`): ApplicationFailure =>
  ApplicationFailure.create({ type, message, nonRetryable: !failureRules[type].retryable });

/** Activities that all succeed; `calls` lists their names in order. */
export function succeedingActivities(calls: string[]): AllActivities {
  const activities: AllActivities = {
    preflightBackup: async () => plan,
    captureVolume: async () => ({ dataClaim: 'volsync-app-src-src', volumeSnapshot: 'volsync-app-src-src' }),
    recordBackup: async () => undefined,
    cleanUpBackup: async () => ({ removed: [] }),
    runBackupMover: async () => moverResult(),
    openRepository: async () => ({ previous: summary('old'), snapshotIds: ['oldest', 'old'], policyChanged: false }),
    holdRetention: async () => undefined,
    readBackSnapshot: async () => ({ snapshot: summary('new'), snapshotIds: ['old', 'new'] }),
    selectSnapshot: async () => ({ found: summary('old'), skipped: 0 }),
    listRepositorySnapshots: async () => ({ identity: 'app-src@demo:/data', snapshots: [summary('old')] }),
    createRepository: async () => ({ uniqueId: UNIQUE_ID }),
    identifyRepository: async () => ({ uniqueId: UNIQUE_ID }),
    inspectContent: async () => ({
      identities: { count: 0, listed: [] },
      sources: [],
      access: { looked: 0, closedFolders: 0, closedFiles: 0, owners: [], examples: [] },
    }),
    readRepositoryRecord: async () => ({ uniqueId: UNIQUE_ID }),
    recordRepositoryIntent: async () => undefined,
    recordRepositoryIdentity: async () => undefined,
    preflightRestore: async () => ({
      claimExists: false,
      handedOverByThisRun: false,
      privileged: false,
      repositoryUniqueId: UNIQUE_ID,
      repository: { kind: 'Volume', claim: 'kopia', path: '/repository' },
    }),
    watchDeclaredObjects: async () => undefined,
    recordRestoreStart: async () => ({ destinationUid: 'uid-of-app-dst' }),
    stageRestore: async () => ({ stagingClaim: 'stowage-app-dst-staging' }),
    deliverImage: async ({ imageName }) => ({
      image: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: imageName },
      replaces: 'former-image',
    }),
    provisionEmptyVolume: async () => undefined,
    handOver: async () => ({ claimUid: 'uid-2', volumeName: 'pv-2' }),
    createEmptyClaim: async () => ({ claimUid: 'uid-2', volumeName: 'pv-2' }),
    recordRestore: async () => undefined,
    cleanUpRestore: async () => ({ removed: [] }),
    runRestoreMover: async () => ({
      files: 3,
      directories: 2,
      symlinks: 1,
      bytes: 300,
      startMilliseconds: 5,
      kopiaMilliseconds: 5,
    }),
    checkRestore: async () => equalComparison,
    planCare: async () => carePlan,
    countRestores: async () => 0,
    prepareMaintenance: async () => ({ lastTaskStart: '2026-11-23T09:00:00Z' }),
    proveMaintenance: async () => ({ tasks: 4 }),
    measureContent: async () => ({
      identities: 1,
      snapshots: 2,
      logicalBytes: 300,
      storedBytes: 200,
      stored: '200 B for 300 B of newest data',
      blobs: 5,
      indexBlobs: 1,
      observedTime: '2026-11-23T10:00:00Z',
    }),
    buildMaintenanceJob: async () => ({
      metadata: { namespace: 'stowage-system', name: 'kopia-maint-kopia-1' },
      spec: { template: { spec: { containers: [{ name: 'kopia' }] } } },
    }),
    runMaintenance: async () => ({ startMilliseconds: 5, runMilliseconds: 5 }),
    runVerification: async () => wholeReport,
    recordCare: async () => undefined,
    cleanUpCare: async () => ({ removed: [] }),
    preflightDrill: async () => ({
      privileged: false,
      repositoryUniqueId: UNIQUE_ID,
      repository: { kind: 'Volume', claim: 'kopia', path: '/repository' },
    }),
    stageDrill: async () => ({ stagingClaim: 'stowage-drill-app-src-staging' }),
    recordDrill: async () => undefined,
    runDrillCheck: async () => ({ startMilliseconds: 5, runMilliseconds: 400, log: ['ok'] }),
    cleanUpDrill: async () => ({ removed: [] }),
  };
  return countCalls(activities, calls);
}

/** The same activities, each noting its name when it is called. */
export function countCalls<T extends Partial<AllActivities>>(activities: T, calls: string[]): T {
  const counted = Object.entries(activities).map(([name, work]) => [
    name,
    (...args: unknown[]) => {
      calls.push(name);
      return (work as (...a: unknown[]) => unknown)(...args);
    },
  ]);
  return Object.fromEntries(counted) as T;
}
