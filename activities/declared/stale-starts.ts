import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { DeclaredKind, FieldManager } from '../../api/declared-object.ts';
import { stagingClaimName, temporaryClaimName } from '../../api/names.ts';
import type { DeclaredDestination } from '../../api/replication-destination.ts';
import type { DeclaredSource } from '../../api/replication-source.ts';
import { restingStatus } from '../../api/run-status.ts';
import { backupWorkflowId } from '../../workflows/backup/contract.ts';
import { restoreWorkflowId } from '../../workflows/restore/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { DeclaredObject } from '../ports/cluster.ts';
import type { Picture } from './declared-context.ts';

/** A run that began later than this may not be in Temporal's list yet, milliseconds. */
const YOUNG = 60_000;

type Dependencies = Pick<ActivityDependencies, 'cluster' | 'clock' | 'log' | 'runs'>;

/**
 * Takes the start time off a source whose run was terminated: such a run writes nothing at its end, and the source would count
 * as being backed up for ever. True when it was taken off. Throws PortError.
 */
export async function endStaleBackup(
  dependencies: Dependencies,
  object: DeclaredObject,
  { namespace, name, request }: DeclaredSource,
): Promise<boolean> {
  if (!isOld(dependencies, object)) return false;
  const id = backupWorkflowId(namespace, name);
  const open = await dependencies.runs.openRunsOnClaim(namespace, request.claim);
  // A schedule adds the time to the id.
  if (open.some(({ workflowId }) => workflowId === id || workflowId.startsWith(`${id}-`))) return false;
  return await takeOff(dependencies, DeclaredKind.source, object);
}

/** The same for a destination, whatever the claim of its run was. */
export async function endStaleRestore(
  dependencies: Dependencies,
  object: DeclaredObject,
  { namespace, name, claim }: DeclaredDestination,
  picture: Pick<Picture, 'populatedClaims'>,
): Promise<boolean> {
  if (!isOld(dependencies, object)) return false;
  const populated = picture
    .populatedClaims(namespace, name)
    .map(({ metadata }: V1PersistentVolumeClaim) => metadata?.name);
  for (const one of new Set([claim, ...populated, stagingClaimName(name), temporaryClaimName(name)])) {
    if (one !== undefined && (await dependencies.runs.openRun(restoreWorkflowId(namespace, one)))) return false;
  }
  return await takeOff(dependencies, DeclaredKind.destination, object);
}

function isOld({ clock }: Dependencies, { status }: DeclaredObject): boolean {
  const started = status?.lastSyncStartTime;
  return started !== undefined && clock.now() - Date.parse(started) >= YOUNG;
}

/** Of what stands there now: a run that has begun meanwhile wrote another time. */
async function takeOff(
  { cluster, log }: Dependencies,
  kind: DeclaredKind,
  { metadata, status }: DeclaredObject,
): Promise<boolean> {
  const ref = { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' };
  const [found] = await cluster.list(kind, ref);
  if (found?.metadata?.uid !== metadata?.uid || found?.status?.lastSyncStartTime !== status?.lastSyncStartTime)
    return false;
  log.info({ kind, ...ref }, 'a run ended without a word (terminated?); its start time is taken off the status');
  await cluster.applyStatus(kind, ref, restingStatus(found?.status), FieldManager.run);
  return true;
}
