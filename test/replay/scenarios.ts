import type { AllActivities } from '../workflows/stubs.ts';
import { failure, moverResult, succeedingActivities, summary, wholeReport } from '../workflows/stubs.ts';

/** One stored history: which workflow, with what input, and how its activities behaved when it was recorded. */
export interface Scenario {
  readonly name: string;
  readonly workflow: string;
  readonly input: unknown;
  readonly change?: Partial<AllActivities>;
}

const volume = { namespace: 'demo', claim: 'app-config' };
const declared = { ...volume, destination: 'app-dst', declared: true, manual: 'one' };
const waiting = { capacity: '3Gi', storageClassName: 'waits', accessModes: ['ReadWriteOnce'] } as const;
const stubs = succeedingActivities([]);

/** One history per behaviour that running workflows may be in the middle of when a worker is replaced. */
export const scenarios: readonly Scenario[] = [
  { name: 'backup-snapshot', workflow: 'backupVolume', input: volume },
  { name: 'backup-direct', workflow: 'backupVolume', input: { ...volume, copyMethod: 'Direct' } },
  {
    name: 'backup-incomplete',
    workflow: 'backupVolume',
    input: volume,
    change: { runBackupMover: async () => moverResult({ incomplete: 'canceled' }) },
  },
  {
    name: 'backup-wrong-password',
    workflow: 'backupVolume',
    input: volume,
    change: {
      runBackupMover: async () => {
        throw failure('WrongPassword');
      },
    },
  },
  { name: 'restore', workflow: 'restoreVolume', input: volume },
  {
    name: 'restore-target-exists',
    workflow: 'restoreVolume',
    input: volume,
    change: {
      preflightRestore: async () => ({
        claimExists: true,
        handedOverByThisRun: false,
        privileged: false,
        repositoryUniqueId: 'ab'.repeat(32),
        repository: { kind: 'Volume', claim: 'kopia', path: '/repository' },
      }),
    },
  },
  {
    name: 'restore-no-snapshot',
    workflow: 'restoreVolume',
    input: volume,
    change: { selectSnapshot: async () => ({ skipped: 0 }) },
  },
  { name: 'restore-declared', workflow: 'restoreVolume', input: declared },
  {
    name: 'restore-waiting-empty',
    workflow: 'restoreVolume',
    input: { ...declared, whenNoSnapshot: 'Empty' },
    change: {
      preflightRestore: async (step) => ({ ...(await stubs.preflightRestore(step)), waiting }),
      selectSnapshot: async () => ({ skipped: 0 }),
    },
  },
  {
    name: 'restore-image',
    workflow: 'restoreVolume',
    input: { ...declared, claim: 'stowage-app-dst-staging', deliver: 'Image' },
  },
  {
    name: 'backup-shrunk',
    workflow: 'backupVolume',
    input: { ...volume, declared: true, manual: 'one' },
    change: {
      openRepository: async () => ({
        previous: summary('old', { files: 3_000, bytes: 3_000_000 }),
        snapshotIds: ['old'],
        policyChanged: false,
      }),
    },
  },
  { name: 'drill', workflow: 'drillVolume', input: { ...volume, check: { image: 'sqlite', command: ['true'] } } },
  {
    name: 'drill-mismatch',
    workflow: 'drillVolume',
    input: volume,
    change: {
      checkRestore: async () => {
        throw failure('RestoreMismatch');
      },
    },
  },
  { name: 'inspect', workflow: 'inspectRepository', input: {} },
  { name: 'init', workflow: 'initRepository', input: {}, change: { readRepositoryRecord: async () => ({}) } },
  { name: 'list', workflow: 'listSnapshots', input: volume },
  { name: 'maintain-full', workflow: 'maintainRepository', input: { mode: 'Full' } },
  {
    name: 'maintain-unproven',
    workflow: 'maintainRepository',
    input: { mode: 'Quick' },
    change: {
      proveMaintenance: async () => {
        throw failure('MoverFailed');
      },
    },
  },
  { name: 'verify-deep', workflow: 'verifyRepository', input: { mode: 'Deep', parts: 30 } },
  {
    name: 'verify-damage',
    workflow: 'verifyRepository',
    input: {},
    change: {
      runVerification: async () => ({
        ...wholeReport,
        ...{ damagedContents: 1, damagedPacks: 1, affectedSnapshots: 2, affectedIdentities: ['app-src@demo:/data'] },
        packs: [{ blob: 'p0123', kind: 'missing', contents: 1, identities: ['app-src@demo:/data'] }],
      }),
    },
  },
];
