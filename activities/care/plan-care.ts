import { readKopiaRepository } from '../../api/kopia-repository.ts';
import { DEFAULT_REPOSITORY } from '../../api/volume-request.ts';
import type { CarePlan, CareStep } from '../../workflows/care/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { PortError } from '../ports/port-error.ts';
import { readSurroundings } from '../volume/preflight.ts';
import { requireRepository } from '../volume/repository-place.ts';
import { readDeclared } from './declared-maintenance.ts';

type Read = Pick<CarePlan, 'repository' | 'declared' | 'round'>;

/** See CareControlActivities. What is declared now decides, not what was when the schedule was made. */
export async function planCare(
  dependencies: ActivityDependencies,
  { repository, declaredBy }: CareStep,
): Promise<CarePlan> {
  const read = declaredBy
    ? await readDeclared(dependencies, repository, declaredBy)
    : await readRepository(dependencies, repository);
  const cared = read.repository;
  // A KopiaRepository's claim bears its name; a KopiaMaintenance's has the name that movers of its namespace look for.
  const request = { ...cared, repository, defaultClaim: declaredBy ? DEFAULT_REPOSITORY : repository };
  const found = await readSurroundings(dependencies, request);
  const { repositoryUniqueId, repository: place } = requireRepository(found, request);
  return { ...read, privileged: found.privileged, repositoryUniqueId, place };
}

async function readRepository({ cluster, settings }: ActivityDependencies, repository: string): Promise<Read> {
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
  const round = object.status?.verification;
  return { repository: reading.declared.repository, ...(round ? { round } : {}) };
}
