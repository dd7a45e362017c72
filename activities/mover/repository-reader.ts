import type { VolumeInput } from '../../workflows/restore/contract.ts';
import { buildKopiaConfig } from '../kopia/config.ts';
import { cacheDirectory } from './backup-job.ts';
import { buildReaderCache, cacheSize, repositoryVolume } from './declared-pod.ts';
import type { MoverJobRequest } from './mover-job.ts';

type Reader = Pick<
  MoverJobRequest,
  'secretName' | 'repository' | 'declared' | 'cache' | 'kopiaConfig' | 'securityContext' | 'privileged'
>;

/** What the restore mover and the check have in common: they only read the repository, with a cache that goes with the pod. */
export const repositoryReader = ({ request, plan }: VolumeInput): Reader => ({
  secretName: request.secretName,
  repository: repositoryVolume(request, 'ReadOnly'),
  declared: request,
  cache: buildReaderCache(request.cache),
  kopiaConfig: buildKopiaConfig({
    identity: request.identity,
    path: plan.repositoryPath,
    cacheDirectory: cacheDirectory(plan, request.moverSecurityContext),
    cacheSize: cacheSize(request.cache),
    readOnly: true,
  }),
  securityContext: request.moverSecurityContext,
  privileged: plan.privileged,
});
