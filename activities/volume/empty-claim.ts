import { AccessMode } from '../../api/kubernetes-values.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { HandOverResult, RestoreStep } from '../../workflows/restore/contract.ts';
import { withHeartbeats } from '../activity-context.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { PortError } from '../ports/port-error.ts';
import { buildFinalClaim, provenance } from './claims.ts';
import { awaitsVolume, refuseDeleting, restoredBy } from './preflight-restore.ts';
import { requireStillDeclared } from './still-declared.ts';
import { untilBound } from './until-bound.ts';

/** A class that waits for the first pod never binds here; that is no failure, so the wait is short. */
const BIND_MILLISECONDS = 10_000;

/** See RestoreControlActivities. `volumeName` is empty where the class binds only with the first pod. */
export async function createEmptyClaim(
  dependencies: ActivityDependencies,
  step: RestoreStep & { readonly capacity: string },
): Promise<HandOverResult> {
  const { cluster, clock } = dependencies;
  const { run, request, capacity } = step;
  const ref = { namespace: request.namespace, name: request.claim };
  return await withHeartbeats(clock, async ({ signal }) => {
    const own = restoredBy(await cluster.get('PersistentVolumeClaim', ref), run.runId);
    if (!own) await requireStillDeclared(dependencies, step);
    const created = await cluster.create(
      'PersistentVolumeClaim',
      buildFinalClaim({
        run,
        request,
        capacity,
        accessModes: request.accessModes ?? [AccessMode.ReadWriteOnce],
        storageClassName: request.storageClassName,
        annotations: provenance(run, undefined, new Date(clock.now())),
      }),
    );
    const claim = created ?? (await cluster.get('PersistentVolumeClaim', ref));
    if (!created && !restoredBy(claim, run.runId)) {
      refuseDeleting(claim);
      const why =
        claim && awaitsVolume(claim) ? 'waits for a restored volume, which an empty start cannot give it' : 'exists';
      throw new PortError(FailureType.TargetExists, `claim ${ref.namespace}/${ref.name} ${why}: it is left as it is`);
    }
    const { claim: latest } = await untilBound(dependencies, ref, BIND_MILLISECONDS, signal);
    return { claimUid: (latest ?? claim)?.metadata?.uid ?? '', volumeName: latest?.spec?.volumeName ?? '' };
  });
}
