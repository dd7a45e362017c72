import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import type { BackupRequest } from '../../api/backup-request.ts';
import { controlOf } from '../../api/declared-object.ts';
import type { DeclaredSource, SourceReading } from '../../api/replication-source.ts';
import { DEFAULT_REPOSITORY } from '../../api/volume-request.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { DeclaredObject } from '../ports/cluster.ts';
import { isOnVolume } from '../volume/repository-place.ts';
import type { Picture } from './declared-context.ts';
import { HoldReason, invalidSpec, type Problem } from './problem.ts';
import { type CheckedSecret, secretProblem } from './secret-checks.ts';

/** A source as one pass sees it. */
export interface SourceView {
  readonly object: DeclaredObject;
  readonly namespace: string;
  readonly name: string;
  /** `namespace/name`. */
  readonly key: string;
  /** Undefined when it can't be read. */
  readonly source: DeclaredSource | undefined;
  /** Why nothing is started for it. */
  readonly problem: Problem | undefined;
}

export const keyOf = ({ metadata }: DeclaredObject): string => `${metadata?.namespace}/${metadata?.name}`;

/** What can be said of a source before its Secret and its claim were looked at; undefined for what is not ours to act on. */
export function viewSource(
  object: DeclaredObject,
  reading: SourceReading,
  conflict: Problem | undefined,
): SourceView | undefined {
  if (reading.kind === 'NotOurs') return undefined;
  const { namespace = '', name = '' } = object.metadata ?? {};
  const base = { object, namespace, name, key: keyOf(object) };
  return reading.kind === 'Invalid'
    ? { ...base, source: undefined, problem: invalidSpec(reading.problems) }
    : { ...base, source: reading.source, problem: conflict };
}

/** True when Stowage acts on it. */
export const isManaged = (object: DeclaredObject, { volsyncActs }: Pick<Picture, 'volsyncActs'>): boolean =>
  controlOf(object, volsyncActs) === 'Managed' && object.metadata?.deletionTimestamp === undefined;

/** The view with what the cluster adds: its Secret and its claim. The first problem is the one that is told. */
export function withSurroundings(view: SourceView, secret: CheckedSecret, picture: Picture): SourceView {
  if (view.problem || !view.source) return view;
  const { request } = view.source;
  const problem =
    secretProblem(secret, { namespace: view.namespace, name: request.secretName ?? '' }) ??
    repositoryProblem(view.namespace, request, secret, picture) ??
    claimProblem(request.claim, view.namespace, picture.claim(view.namespace, request.claim));
  return problem ? { ...view, problem } : view;
}

/** A schedule is held while there is nothing that a run could read; it goes on by itself. */
function claimProblem(
  name: string,
  namespace: string,
  claim: V1PersistentVolumeClaim | undefined,
): Problem | undefined {
  const what = `claim ${namespace}/${name} (spec.sourcePVC)`;
  if (!claim || claim.metadata?.deletionTimestamp) {
    return {
      reason: 'SourceMissing',
      message: `${what} ${claim ? 'is being deleted' : 'does not exist'}: backups go on by themselves when it is there`,
    };
  }
  if (claim.status?.phase === 'Bound') return undefined;
  return {
    reason: claim.status?.phase === 'Lost' ? 'SourceMissing' : 'ProvisioningFailed',
    message: `${what} is ${claim.status?.phase ?? 'not bound'}: backups go on by themselves when it is bound to a volume`,
  };
}

/** Where a source or a destination names them. */
const SOURCE_FIELDS = { secret: 'spec.kopia.repository', volumes: 'spec.kopia.moverVolumes' };

/** Movers mount the repository's volume from their own namespace: without its claim none can start. An object store needs none. Pure. */
export function repositoryProblem(
  namespace: string,
  request: Pick<BackupRequest, 'repositoryClaim' | 'repositoryNfs' | 'secretName'>,
  { reading }: Pick<CheckedSecret, 'reading'>,
  picture: Pick<Picture, 'claim'>,
  fields: { readonly secret: string; readonly volumes: string } = SOURCE_FIELDS,
): Problem | undefined {
  const { repositoryClaim = DEFAULT_REPOSITORY, repositoryNfs, secretName } = request;
  if (!isOnVolume(request, reading)) {
    if (reading.kind !== 'Invalid') return undefined;
    const message = `Secret ${namespace}/${secretName} (${fields.secret}): ${reading.key} ${reading.message}`;
    return { reason: FailureType.SecretInvalid, message };
  }
  if (repositoryNfs || picture.claim(namespace, repositoryClaim)) return undefined;
  return {
    reason: FailureType.RepositoryUnreachable,
    message: `claim ${namespace}/${repositoryClaim} of the repository volume does not exist: movers of this namespace need it; create it, or name another one in ${fields.volumes}`,
  };
}

/** Why its schedule must not start anything. */
export const holdOf = ({ problem }: SourceView): string | undefined =>
  problem && problem.reason !== HoldReason.paused ? `${problem.reason}: ${problem.message}` : undefined;
