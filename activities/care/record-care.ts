import { REPOSITORY_API_VERSION, REPOSITORY_KIND } from '../../api/declared-object.ts';
import type { CareRecord, CareStep } from '../../workflows/care/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Cluster, RepositoryObject } from '../ports/cluster.ts';
import { EventReason, tell } from '../status/event.ts';
import { knownDamage } from './found-damage.ts';
import { recordDeclared } from './record-maintenance.ts';

/** Several tasks count what there is; the newest count is the one that stands. */
const CONTENT_MANAGER = 'stowage-content';

/** See CareControlActivities. Each task writes its own part of the status, under a field manager of its own. */
export async function recordCare(
  dependencies: Pick<ActivityDependencies, 'cluster' | 'clock' | 'log' | 'settings'>,
  { record, ...step }: CareStep & { readonly record: CareRecord },
): Promise<void> {
  const { run, repository, task, declaredBy } = step;
  if (declaredBy) return await recordDeclared(dependencies, { ...step, declaredBy }, record);
  const { cluster, log, settings } = dependencies;
  const ref = { namespace: settings.stowageNamespace, name: repository };
  const object = await cluster.get('KopiaRepository', ref);
  if (!object) {
    log.info(
      { ...ref, outcome: record.outcome },
      'the KopiaRepository is gone: this run is recorded nowhere on the cluster',
    );
    return;
  }
  const before = object.status?.care?.[task];
  const { failure, finishedAt, message, outcome, durationSeconds, content } = record;
  const said = failure ? `${failure.type}: ${failure.message}` : message;
  const good =
    outcome === 'Succeeded'
      ? { lastTime: finishedAt, lastDurationSeconds: Math.round(durationSeconds) }
      : { lastTime: before?.lastTime, lastDurationSeconds: before?.lastDurationSeconds };
  const result = outcome === 'Succeeded' ? 'Successful' : outcome;
  const own = { ...good, lastResult: result, lastEndTime: finishedAt, message: said };
  await cluster.applyStatus('KopiaRepository', ref, { care: { [task]: own } }, `stowage-${task}`);
  if (record.verified) await recordVerification(cluster, ref, object, record.verified, said, finishedAt);
  if (content) await cluster.applyStatus('KopiaRepository', ref, { content }, CONTENT_MANAGER);
  if (outcome === 'Skipped') return;
  const uid = object.metadata?.uid;
  const about = { apiVersion: REPOSITORY_API_VERSION, kind: REPOSITORY_KIND, ...ref, ...(uid ? { uid } : {}) };
  const warning = outcome === 'Failed';
  const reason = outcome === 'Succeeded' ? EventReason.careSucceeded : EventReason.careFailed;
  await tell(dependencies, { about, run, reason, message: said, warning });
}

/** The round under a manager of its own, and the damage under another: a run that fails takes neither away. */
async function recordVerification(
  cluster: Cluster,
  ref: { readonly namespace: string; readonly name: string },
  { status }: RepositoryObject,
  { report, round }: NonNullable<CareRecord['verified']>,
  message: string,
  time: string,
): Promise<void> {
  if (round) await cluster.applyStatus('KopiaRepository', ref, { verification: round }, 'stowage-verification');
  const before = status?.damage ?? [];
  const damage = knownDamage(before, report, message, time);
  if (before.length === 0 && damage.length === 0) return;
  await cluster.applyStatus('KopiaRepository', ref, { damage }, 'stowage-damage');
}
