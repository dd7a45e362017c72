import { DECLARED_API_VERSION, FieldManager, MAINTENANCE_KIND } from '../../api/declared-object.ts';
import type { MaintenanceRunStatus, MaintenanceStatus } from '../../api/maintenance-status.ts';
import { wholeSeconds } from '../../api/run-status.ts';
import type { CareRecord, CareStep } from '../../workflows/care/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { EventReason, tell } from '../status/event.ts';

type Step = CareStep & { readonly declaredBy: NonNullable<CareStep['declaredBy']> };

/** The run's part of the status of a KopiaMaintenance, in VolSync's fields, and an event. One that is gone is not an error. */
export async function recordDeclared(
  dependencies: Pick<ActivityDependencies, 'cluster' | 'clock' | 'log'>,
  { run, declaredBy }: Step,
  record: CareRecord,
): Promise<void> {
  const { cluster, log } = dependencies;
  const { namespace, name, manual } = declaredBy;
  const ref = { namespace, name };
  const object = await cluster.get('KopiaMaintenance', ref);
  if (!object) {
    log.info({ ...ref, outcome: record.outcome }, 'the KopiaMaintenance is gone: this run is recorded nowhere');
    return;
  }
  const status = statusAfter(object.status ?? {}, record, manual);
  await cluster.applyStatus('KopiaMaintenance', ref, status, FieldManager.run);
  if (record.outcome === 'Skipped') return;
  const uid = object.metadata?.uid;
  const about = { apiVersion: DECLARED_API_VERSION, kind: MAINTENANCE_KIND, ...ref, ...(uid ? { uid } : {}) };
  const good = record.outcome === 'Succeeded';
  const [succeeded, failed] =
    manual === undefined
      ? [EventReason.careSucceeded, EventReason.careFailed]
      : [EventReason.manualMaintenanceCompleted, EventReason.manualMaintenanceFailed];
  const { failure, message } = record;
  const said = failure ? `${failure.type}: ${failure.message}` : message;
  const warning = record.outcome === 'Failed';
  await tell(dependencies, { about, run, reason: good ? succeeded : failed, message: said, warning });
}

/** Every field of the run's part: what a run has nothing to say of stays. Pure. */
export function statusAfter(
  before: MaintenanceStatus,
  { outcome, finishedAt }: Pick<CareRecord, 'outcome' | 'finishedAt'>,
  manual: string | undefined,
): MaintenanceRunStatus {
  const good = outcome === 'Succeeded';
  const last = good ? wholeSeconds(new Date(finishedAt)) : before.lastMaintenanceTime;
  const answered = good && manual !== undefined ? manual : before.lastManualSync;
  const failures = before.maintenanceFailures ?? 0;
  return {
    ...(last === undefined ? {} : { lastMaintenanceTime: last }),
    maintenanceFailures: good ? 0 : failures + (outcome === 'Failed' ? 1 : 0),
    ...(answered === undefined ? {} : { lastManualSync: answered }),
  };
}
