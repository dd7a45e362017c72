import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { AccessMode } from '../../api/kubernetes-values.ts';
import type { DrillPreflight, DrillStep } from '../../workflows/drill/contract.ts';
import type { WaitingClaim } from '../../workflows/restore/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { readSurroundings } from '../volume/preflight.ts';
import { requireRepository } from '../volume/repository-place.ts';

/** See DrillControlActivities. A claim that is lost is no hindrance: then the drill shows whether it can come back. */
export async function preflightDrill(
  dependencies: ActivityDependencies,
  { request }: DrillStep,
): Promise<DrillPreflight> {
  const found = await readSurroundings(dependencies, request);
  const claim = shapeOf(found.claims.get(request.claim));
  return { privileged: found.privileged, ...requireRepository(found, request), ...(claim ? { claim } : {}) };
}

function shapeOf(claim: V1PersistentVolumeClaim | undefined): WaitingClaim | undefined {
  const capacity = claim?.status?.capacity?.storage ?? claim?.spec?.resources?.requests?.storage;
  if (!claim?.spec || !capacity) return undefined;
  const { storageClassName, accessModes } = claim.spec;
  return {
    capacity,
    ...(storageClassName ? { storageClassName } : {}),
    accessModes: (accessModes ?? [AccessMode.ReadWriteOnce]) as AccessMode[],
  };
}
