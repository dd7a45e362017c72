import type { V1ConfigMap } from '@kubernetes/client-node';
import { type DrillRecord, drillKey, surplusDrills } from '../../api/drill-record.ts';
import { Label, MANAGED_BY } from '../../api/metadata.ts';
import { drillRecordName } from '../../api/names.ts';
import type { DrillStep } from '../../workflows/drill/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { PortError } from '../ports/port-error.ts';
import { sourceReference } from '../status/backup-events.ts';
import { EventReason, tell } from '../status/event.ts';
import { referenceTo } from '../status/record-backup.ts';
import { labelValue } from '../volume/ownership.ts';

type Dependencies = Pick<ActivityDependencies, 'cluster' | 'clock' | 'log' | 'settings'>;

/** A check's whole output stands in Temporal; a history of years keeps its end, characters. */
const MAX_MESSAGE = 1000;

/** See DrillControlActivities. One key for each drill, so that a write that comes twice, or beside another's, loses nothing. */
export async function recordDrill(
  dependencies: Dependencies,
  step: DrillStep & { readonly record: DrillRecord },
): Promise<void> {
  const { cluster, settings } = dependencies;
  const { namespace, source } = step.request;
  const ref = { namespace: settings.stowageNamespace, name: drillRecordName(namespace, source) };
  const record = bounded(step.record);
  const key = drillKey(record);
  // By list, which no watch answers.
  const [existing] = await cluster.list('ConfigMap', ref);
  const gone = Object.fromEntries(surplusDrills(existing?.data, key).map((old) => [old, null]));
  const data = { [key]: JSON.stringify(record) };
  const written =
    (await cluster.patch('ConfigMap', ref, { data: { ...data, ...gone } })) ??
    (await cluster.create('ConfigMap', buildHistory(ref, namespace, data)));
  if (!written) {
    const what = `ConfigMap ${ref.namespace}/${ref.name}`;
    throw new PortError(FailureType.ClusterUnreachable, `${what} was made and removed while the drill was recorded`);
  }
  await tellDrill(dependencies, step, record);
}

function buildHistory(
  ref: { readonly namespace: string; readonly name: string },
  namespace: string,
  data: Record<string, string>,
): V1ConfigMap {
  const labels = { [Label.managedBy]: MANAGED_BY, [Label.drillsOf]: labelValue(namespace) };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...ref, labels }, data };
}

/** At the source, else at the claim; a drill of what is lost altogether is told by its record alone. */
async function tellDrill(dependencies: Dependencies, { run, request }: DrillStep, record: DrillRecord): Promise<void> {
  const { cluster, log } = dependencies;
  const { namespace, source, claim } = request;
  const declared = await cluster.get('ReplicationSource', { namespace, name: source });
  const ref = { namespace, name: claim };
  const volume = declared ? undefined : await cluster.get('PersistentVolumeClaim', ref);
  if (!declared && !volume) {
    log.info(
      { namespace, claim, outcome: record.outcome },
      'source and claim are gone: the drill is told nowhere else',
    );
    return;
  }
  const about = declared ? sourceReference(request, declared.metadata?.uid) : referenceTo(volume, ref);
  const failed = record.outcome === 'Failed';
  const message = record.failure ? `${record.failure.type}: ${record.failure.message}` : record.message;
  const reason = failed ? EventReason.drillFailed : EventReason.drillPassed;
  await tell(dependencies, { about, run, reason, message, warning: failed });
}

function bounded(record: DrillRecord): DrillRecord {
  const { message, failure } = record;
  return {
    ...record,
    message: cut(message),
    ...(failure ? { failure: { ...failure, message: cut(failure.message) } } : {}),
  };
}

/** The end of a long one: what a check said last is why it failed. */
const cut = (text: string): string => (text.length <= MAX_MESSAGE ? text : `…${text.slice(1 - MAX_MESSAGE)}`);
