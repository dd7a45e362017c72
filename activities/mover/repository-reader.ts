import type { VolumeInput } from '../../workflows/restore/contract.ts';
import { cacheDirectory } from './backup-job.ts';
import { buildReaderCache, cacheSize } from './declared-pod.ts';
import type { MoverJobRequest } from './mover-job.ts';
import { reachRepository } from './mover-repository.ts';

type Reader = Pick<MoverJobRequest, 'repository' | 'declared' | 'cache' | 'securityContext' | 'privileged'>;

/** What the restore mover and the check have in common: they only read the repository, with a cache that goes with the pod. */
export const repositoryReader = ({ request, plan }: VolumeInput): Reader => ({
  repository: reachRepository({
    place: plan.repository,
    secretName: request.secretName,
    identity: request.identity,
    cacheDirectory: cacheDirectory(plan, request.moverSecurityContext),
    cacheSize: cacheSize(request.cache),
    readOnly: true,
  }),
  declared: request,
  cache: buildReaderCache(request.cache),
  securityContext: request.moverSecurityContext,
  privileged: plan.privileged,
});
