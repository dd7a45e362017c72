import { quantityBytes } from '../../api/kubernetes-values.ts';
import { Label } from '../../api/metadata.ts';
import type { CareStepPlan } from '../../workflows/care/contract.ts';
import type { ActivitySettings } from '../dependencies.ts';
import { cacheDirectory } from '../mover/backup-job.ts';
import { cacheSize } from '../mover/declared-pod.ts';
import type { MoverJobRequest } from '../mover/mover-job.ts';
import { reachRepository } from '../mover/mover-repository.ts';
import { Component, labelValue } from '../volume/ownership.ts';

/** How long a Job of care may stay without a running container, seconds. */
export const START_DEADLINE_SECONDS = 1800;

type Cared = Pick<
  MoverJobRequest,
  | 'run'
  | 'component'
  | 'namespace'
  | 'labels'
  | 'declared'
  | 'cache'
  | 'repository'
  | 'securityContext'
  | 'privileged'
  | 'volumes'
  | 'mounts'
>;

export interface CareAccess {
  /** Under whose name Kopia opens the repository. */
  readonly identity: { readonly username: string; readonly hostname: string };
  readonly readOnly: boolean;
}

/** What the Jobs that care for a repository have in common. Their cache goes with the pod: what they read is the repository itself. */
export const careJobParts = (
  { run, plan }: CareStepPlan,
  { identity, readOnly }: CareAccess,
  { stowageNamespace }: ActivitySettings,
): Cared => {
  const { repository, place, privileged } = plan;
  const { moverServiceAccount, moverResources, moverAffinity } = repository;
  return {
    run,
    component: Component.care,
    namespace: repository.namespace,
    labels: { [Label.repository]: labelValue(repository.name), [Label.home]: stowageNamespace },
    declared: {
      moverPodLabels: {},
      ...(moverServiceAccount ? { moverServiceAccount } : {}),
      ...(moverResources ? { moverResources } : {}),
      ...(moverAffinity ? { moverAffinity } : {}),
    },
    cache: { name: 'cache', emptyDir: {} },
    repository: reachRepository({
      place,
      secretName: repository.secretName,
      identity,
      cacheDirectory: cacheDirectory(plan, repository.moverSecurityContext),
      cacheSize: plan.declared ? cacheSize(plan.declared.cache) : { bytes: quantityBytes(repository.cacheCapacity) },
      readOnly,
    }),
    securityContext: repository.moverSecurityContext,
    privileged,
    volumes: [],
    mounts: [],
  };
};
