import { CopyMethod } from '../../api/backup-request.ts';
import { backupJobName, captureName } from '../../api/names.ts';
import type { BackupStep, CleanUpResult } from '../../workflows/backup/contract.ts';
import { withHeartbeats } from '../activity-context.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { isFinishedJob } from '../mover/mover-end.ts';
import type { Kind } from '../ports/cluster.ts';
import { isOwn } from './ownership.ts';
import { nameOf, type RemovalOptions, type RemovalTarget, removeObject } from './remove-object.ts';
import { settleRemovals } from './settle-removals.ts';

/** One attempt's patience, milliseconds; the next goes on where this one ended. */
const PATIENCE_MILLISECONDS = 60_000;

/** Scripts wait for exactly this Job to reach Complete, which comes a second or two after its pod's end. */
const COMPLETE_MILLISECONDS = 15_000;

/** See BackupControlActivities. Cache and repository stay. Throws CleanupFailed naming what is left. */
export async function cleanUpBackup(
  { cluster, clock }: ActivityDependencies,
  { run, request, stopMover }: BackupStep & { readonly stopMover: boolean },
): Promise<CleanUpResult> {
  const { namespace, source } = request;
  return await withHeartbeats(clock, async ({ signal }) => {
    const options: RemovalOptions = { cluster, clock, signal, patience: PATIENCE_MILLISECONDS };
    const remove = <K extends Kind>(kind: K, name: string, more: Partial<RemovalTarget<K>> = {}) => {
      const ref = { namespace, name };
      const wanted = (object: Parameters<RemovalTarget<K>['wanted']>[0]): boolean => isOwn(object.metadata, run);
      return {
        name: nameOf(kind, ref),
        removed: removeObject({ kind, ref, wanted, ...more }, { ...options, readyPatience: COMPLETE_MILLISECONDS }),
      };
    };
    const copies =
      request.copyMethod === CopyMethod.Direct
        ? []
        : [
            remove('PersistentVolumeClaim', captureName(source)),
            ...(request.copyMethod === CopyMethod.Snapshot ? [remove('VolumeSnapshot', captureName(source))] : []),
          ];
    return await settleRemovals([
      remove('Job', backupJobName(source), stopMover ? {} : { ready: isFinishedJob }),
      ...copies,
    ]);
  });
}
