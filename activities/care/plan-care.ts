import { readKopiaRepository } from '../../api/kopia-repository.ts';
import type { CarePlan, CareStep } from '../../workflows/care/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { PortError } from '../ports/port-error.ts';
import { readSurroundings } from '../volume/preflight.ts';
import { requireRepository } from '../volume/repository-place.ts';

/** See CareControlActivities. What is declared now decides, not what was when the schedule was made. */
export async function planCare(dependencies: ActivityDependencies, { repository }: CareStep): Promise<CarePlan> {
  const { cluster, settings } = dependencies;
  const namespace = settings.stowageNamespace;
  const object = await cluster.get('KopiaRepository', { namespace, name: repository });
  if (!object) {
    throw new PortError(
      FailureType.InvalidSpec,
      `there is no KopiaRepository ${namespace}/${repository}: apply one (deploy/care/kopia-repository.yaml), it says where the repository lies`,
    );
  }
  const reading = readKopiaRepository(object);
  if (reading.kind === 'Invalid') {
    const said = reading.problems.map(({ field, message }) => `${field}: ${message}`).join('; ');
    throw new PortError(FailureType.InvalidSpec, `KopiaRepository ${namespace}/${repository}: ${said}`);
  }
  const cared = reading.declared.repository;
  const request = { ...cared, repository, defaultClaim: repository };
  const found = await readSurroundings(dependencies, request);
  const { repositoryUniqueId, repository: place } = requireRepository(found, request);
  const round = object.status?.verification;
  return { repository: cared, privileged: found.privileged, repositoryUniqueId, place, ...(round ? { round } : {}) };
}
