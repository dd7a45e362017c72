import { Control, FieldManager, type RunStatus } from '../../api/declared-object.ts';
import { Annotation } from '../../api/metadata.ts';
import { startedStatus } from '../../api/run-status.ts';
import type { BackupPlan, BackupStep } from '../../workflows/backup/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { DeclaredObject } from '../ports/cluster.ts';
import { preflightBackup } from '../volume/preflight-backup.ts';

type Dependencies = Pick<ActivityDependencies, 'cluster'>;

/** The preflight of a backup and, once nothing speaks against it, the start time on the source that declares it. */
export async function beginBackup(dependencies: ActivityDependencies, step: BackupStep): Promise<BackupPlan> {
  const plan = await preflightBackup(dependencies, step);
  const { clock, log } = dependencies;
  try {
    const source = await writeSourceStatus(dependencies, step, ({ status }) => startedStatus(status, clock.now()));
    const sourceUid = source?.metadata?.uid;
    return sourceUid ? { ...plan, sourceUid } : plan;
  } catch (error) {
    log.warn({ error, source: step.request.source }, 'the start of a backup could not be written on its source');
    return plan;
  }
}

/**
 * Writes what a run owns of the status of the source that declares it, made from what stands there. Undefined when no
 * source declares this backup, it is gone, or it was handed back. Throws PortError.
 */
export async function writeSourceStatus(
  { cluster }: Dependencies,
  { request, sourceUid }: BackupStep,
  change: (source: DeclaredObject) => RunStatus,
): Promise<DeclaredObject | undefined> {
  if (!request.declared) return undefined;
  const ref = { namespace: request.namespace, name: request.source };
  const source = await cluster.get('ReplicationSource', ref);
  // One that was made under the same name since then declares other runs.
  if (sourceUid !== undefined && source?.metadata?.uid !== sourceUid) return undefined;
  if (!source || source.metadata?.annotations?.[Annotation.control] === Control.released) return undefined;
  return await cluster.applyStatus('ReplicationSource', ref, change(source), FieldManager.run);
}
