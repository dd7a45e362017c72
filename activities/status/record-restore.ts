import { endedRestore, type LastRestore } from '../../api/restore-status.ts';
import type { RestoreRecord, RestoreStep } from '../../workflows/restore/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { mayWrite, readDestination, writeDestinationStatus } from './destination-status.ts';
import { EventReason, tell } from './event.ts';
import { referenceTo } from './record-backup.ts';
import { destinationReference } from './restore-events.ts';

const REASON = {
  Restored: EventReason.restored,
  StartedEmpty: EventReason.startedEmpty,
  Failed: EventReason.restoreFailed,
  Canceled: EventReason.restoreCanceled,
} as const;

/**
 * See RestoreControlActivities. The handover has written where the claim comes from. The status goes first: it is the
 * truth, the events only tell of it.
 */
export async function recordRestore(
  dependencies: Pick<ActivityDependencies, 'cluster' | 'clock' | 'log'>,
  { run, request, destinationUid, result }: RestoreStep & { readonly result: RestoreRecord },
): Promise<void> {
  const found = await readDestination(dependencies, request);
  // One that was made under the same name since then declares another run.
  const declared = destinationUid === undefined || found?.metadata?.uid === destinationUid ? found : undefined;
  if (declared && mayWrite(declared)) {
    const { finishedAt, durationSeconds, image } = result;
    const end = { finishedAt, durationSeconds, manual: request.manual, result: lastRestore(result), image };
    await writeDestinationStatus(dependencies, request, endedRestore(declared.status, end));
  }
  // Nothing happened: the status says that the trigger was answered, and that is all.
  if (result.outcome === 'TargetExists') return;
  const claim = await existingClaim(dependencies, request);
  const destination = destinationReference(request, declared?.metadata?.uid);
  const failed = result.outcome === 'Failed' || result.outcome === 'Canceled';
  // A failure is told at the destination also where none is known: people look there, and it may exist or not.
  const about = [...(declared || failed || !claim ? [destination] : []), ...(claim ? [claim] : [])];
  const what = { run, reason: REASON[result.outcome], message: describeRestore(request.claim, result) };
  await Promise.all(
    about.map((one) => tell(dependencies, { ...what, about: one, warning: result.outcome === 'Failed' })),
  );
}

async function existingClaim(
  { cluster }: Pick<ActivityDependencies, 'cluster'>,
  { namespace, claim, deliver }: RestoreStep['request'],
) {
  if (deliver === 'Image') return undefined;
  const ref = { namespace, name: claim };
  const found = await cluster.get('PersistentVolumeClaim', ref);
  return found && referenceTo(found, ref);
}

/** A cancel says nothing of the volume: what the status told of the last restore stays. */
function lastRestore({ outcome, message, failure }: RestoreRecord): LastRestore | undefined {
  if (outcome === 'Canceled') return undefined;
  return outcome === 'Failed' ? { outcome, failureType: failure?.type ?? outcome, message } : { outcome, message };
}

function describeRestore(claim: string, { outcome, message, durationSeconds, failure }: RestoreRecord): string {
  if (outcome === 'Canceled') return `restore of claim ${claim} was canceled after ${durationSeconds} s`;
  if (outcome === 'Failed') {
    return `restore of claim ${claim} failed: ${failure ? `${failure.type}: ${failure.message}` : 'unknown reason'}`;
  }
  return outcome === 'Restored' ? `${message}, after ${durationSeconds} s` : message;
}
