import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { ActivityDependencies, ActivitySettings } from '../../activities/dependencies.ts';
import type { Cluster } from '../../activities/ports/cluster.ts';
import type { OpenRun, RunRegistry } from '../../activities/ports/run-registry.ts';
import { type BackupRequest, resolveBackup } from '../../api/backup-request.ts';
import { type RestoreRequest, resolveRestore } from '../../api/restore-request.ts';
import type { BackupMoverInput, BackupPlan, BackupStep, RunReference } from '../../workflows/backup/contract.ts';
import type { FailureType } from '../../workflows/failures.ts';
import type { SnapshotSummary } from '../../workflows/repository/contract.ts';
import type { RestorePlan, RestoreStep } from '../../workflows/restore/contract.ts';
import { FlyingClock } from './flying-clock.ts';

export const NAMESPACE = 'demo';
export const UNIQUE_ID = 'f4c1e2a3b4d5968778695a4b3c2d1e0f';

export const settings: ActivitySettings = {
  stowageNamespace: 'stowage-system',
  kopiaImage: 'stowage.test/kopia:0.21.1',
  stowageImage: 'stowage.test/stowage:1',
  imagePullPolicy: 'Never',
};

export const runOf = (name: string): RunReference => ({ workflowId: `test/${name}`, runId: `run-${name}` });
export const OWN_RUN = runOf('own');

/** Runs that are open; everything else has closed. */
export class OpenRuns implements RunRegistry {
  readonly open = new Map<string, RunReference>();
  /** What the list of a claim's open runs says. */
  onClaim: OpenRun[] = [];
  restores = 0;

  add(run: RunReference): this {
    this.open.set(run.workflowId, run);
    return this;
  }

  async isOpen(run: RunReference): Promise<boolean> {
    return this.open.get(run.workflowId)?.runId === run.runId;
  }

  async openRun(workflowId: string): Promise<RunReference | undefined> {
    return this.open.get(workflowId);
  }

  async openRunsOnClaim(): Promise<readonly OpenRun[]> {
    return this.onClaim;
  }

  async countRestores(): Promise<number> {
    return this.restores;
  }
}

/** What activities are given in fast tests, and a way to run one to its end with time flying. */
export interface SmallWorld {
  readonly dependencies: ActivityDependencies;
  readonly clock: FlyingClock;
  readonly runs: OpenRuns;
  readonly heartbeats: unknown[];
  run<T>(activity: () => Promise<T>, attempt?: number): Promise<T>;
  /** Starts it and hands out the cancel. */
  start<T>(activity: () => Promise<T>, heartbeatDetails?: unknown): { readonly result: Promise<T>; cancel(): void };
}

export function smallWorld(cluster: Cluster): SmallWorld {
  const clock = new FlyingClock();
  const runs = new OpenRuns();
  const heartbeats: unknown[] = [];
  const silent = (): void => undefined;
  const log = { debug: silent, info: silent, warn: silent };
  const environment = (attempt: number, heartbeatDetails?: unknown): MockActivityEnvironment => {
    const made = new MockActivityEnvironment({ attempt, heartbeatDetails }, { logger: new DefaultLogger('ERROR') });
    made.on('heartbeat', (details: unknown) => heartbeats.push(details));
    return made;
  };
  return {
    dependencies: { cluster, runs, clock, settings, log },
    clock,
    runs,
    heartbeats,
    run: (activity, attempt = 1) => clock.until(environment(attempt).run(activity)),
    start(activity, heartbeatDetails) {
      const made = environment(1, heartbeatDetails);
      const result: ReturnType<typeof activity> = made.run(activity);
      result.catch(silent);
      return { result, cancel: () => made.cancel() };
    },
  };
}

export function backupStep(request: Partial<BackupRequest> = {}, run: RunReference = OWN_RUN): BackupStep {
  return { run, request: resolveBackup({ namespace: NAMESPACE, claim: 'app-config', ...request }) };
}

export const backupPlan: BackupPlan = {
  claimUid: 'uid-of-app-config',
  capacity: '10Gi',
  storageClassName: 'fast',
  accessModes: ['ReadWriteOnce'],
  claimCapacity: '10Gi',
  claimStorageClassName: 'fast',
  claimAccessModes: ['ReadWriteOnce'],
  cacheClaim: 'kopia-cache-app',
  cacheClaimExists: true,
  privileged: false,
  repositoryUniqueId: UNIQUE_ID,
  repository: { kind: 'Volume', claim: 'kopia', path: '/repository' },
};

export function backupInput(changes: Partial<BackupMoverInput> = {}): BackupMoverInput {
  return { ...backupStep(), plan: backupPlan, capture: { dataClaim: 'app-config' }, ...changes };
}

export function restoreStep(request: Partial<RestoreRequest> = {}, run: RunReference = OWN_RUN): RestoreStep {
  return { run, request: resolveRestore({ namespace: NAMESPACE, claim: 'app-config', ...request }) };
}

export const snapshot: SnapshotSummary = {
  id: 'cc2610eb6d80ed3eac60519c6a6e5a16',
  rootObject: 'k3e7b03c864f2de386a02a8ded6c8ff12',
  startTime: '2026-11-23T10:00:00Z',
  endTime: '2026-11-23T10:00:01Z',
  files: 3,
  directories: 1,
  symlinks: 0,
  bytes: 30,
  failedEntries: 0,
  tags: {},
  retentionReasons: [],
  pins: [],
};

export const restorePlan: RestorePlan = {
  snapshot,
  capacity: '10Gi',
  storageClassName: 'fast',
  accessModes: ['ReadWriteOnce'],
  privileged: false,
  repositoryUniqueId: UNIQUE_ID,
  repository: { kind: 'Volume', claim: 'kopia', path: '/repository' },
};

/** The type of the failure that `work` ends with, whichever side of the mapping it is on. */
export async function failureOf(
  work: Promise<unknown>,
): Promise<{ type: FailureType | string; message: string; retryable: boolean }> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ApplicationFailure) {
      return { type: error.type ?? '', message: error.message, retryable: !error.nonRetryable };
    }
    throw error;
  }
  throw new Error('it succeeded');
}
