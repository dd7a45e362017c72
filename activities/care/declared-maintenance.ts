import type { V1Job, V1PodSpec, V1Volume } from '@kubernetes/client-node';
import { readKopiaMaintenance } from '../../api/kopia-maintenance.ts';
import type { MaintenanceDeclaration } from '../../api/maintenance-declaration.ts';
import { maintenanceLabels } from '../../api/metadata.ts';
import type { CarePlan, CareStep } from '../../workflows/care/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { buildDeclaredVolumes, buildReaderCache } from '../mover/declared-pod.ts';
import type { MoverJobRequest } from '../mover/mover-job.ts';
import { PortError } from '../ports/port-error.ts';
import { labelValue } from '../volume/ownership.ts';

type Declared = Required<Pick<CarePlan, 'repository' | 'declared'>>;

/** The repository as a KopiaMaintenance says to reach it. Throws PortError InvalidSpec, and those of the cluster. */
export async function readDeclared(
  { cluster }: Pick<ActivityDependencies, 'cluster'>,
  repository: string,
  { namespace, name }: NonNullable<CareStep['declaredBy']>,
): Promise<Declared> {
  const object = await cluster.get('KopiaMaintenance', { namespace, name });
  const what = `KopiaMaintenance ${namespace}/${name}`;
  if (!object) throw new PortError(FailureType.InvalidSpec, `${what} is gone: this run has nothing to go by`);
  const reading = readKopiaMaintenance(object);
  if (reading.kind !== 'Maintenance') {
    const said =
      reading.kind === 'NotOurs'
        ? reading.reason
        : reading.problems.map(({ field, message }) => `${field}: ${message}`).join('; ');
    throw new PortError(FailureType.InvalidSpec, `${what}: ${said}`);
  }
  const { declaration } = reading.maintenance;
  const { secretName, repositoryClaim, repositoryNfs } = declaration;
  const { moverSecurityContext, moverServiceAccount, moverResources, moverAffinity } = declaration;
  return {
    declared: declaration,
    repository: {
      name: repository,
      namespace,
      secretName,
      ...{ repositoryClaim, repositoryNfs },
      moverSecurityContext,
      ...{ moverServiceAccount, moverResources, moverAffinity },
      cacheCapacity: declaration.cache.capacity,
    },
  };
}

/** What the Job of a declared maintenance has beside, or instead of, what every Job of care has. Pure. */
export function declaredParts(declared: MaintenanceDeclaration): Pick<
  MoverJobRequest,
  'cache' | 'volumes' | 'mounts'
> & {
  readonly labels: Readonly<Record<string, string>>;
  readonly podLabels: Readonly<Record<string, string>>;
} {
  return {
    labels: maintenanceLabels(labelValue(declared.name)),
    podLabels: declared.moverPodLabels,
    cache: cacheOf(declared),
    ...buildDeclaredVolumes(declared.moverVolumes),
  };
}

const cacheOf = ({ cacheClaim, cache }: MaintenanceDeclaration): V1Volume =>
  cacheClaim === undefined
    ? buildReaderCache(cache)
    : { name: 'cache', persistentVolumeClaim: { claimName: cacheClaim } };

/** The Job on the nodes, and within the time, that are declared; only maintenance has these fields. Pure. */
export function withDeclaredLimits(job: V1Job, declared: MaintenanceDeclaration): V1Job {
  const { spec } = job;
  if (!spec?.template.spec) return job;
  const { nodeSelector, tolerations, activeDeadlineSeconds } = declared;
  const pod: V1PodSpec = { ...spec.template.spec, nodeSelector, tolerations: [...tolerations] };
  return { ...job, spec: { ...spec, activeDeadlineSeconds, template: { ...spec.template, spec: pod } } };
}
