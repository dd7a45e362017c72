import { quantityBytes } from '../../api/kubernetes-values.ts';
import type { RestoreMoverInput } from '../../workflows/restore/contract.ts';
import { buildKopiaConfig } from '../kopia/config.ts';
import { cacheDirectory } from './backup-job.ts';
import type { MoverJobRequest } from './mover-job.ts';

type Reader = Pick<
  MoverJobRequest,
  'secretName' | 'repositoryClaim' | 'repositoryReadOnly' | 'cache' | 'kopiaConfig' | 'securityContext' | 'privileged'
>;

/** What the restore mover and the check have in common: they only read the repository, with a cache that goes with the pod. */
export const repositoryReader = ({ request, plan }: RestoreMoverInput): Reader => ({
  secretName: request.secretName,
  repositoryClaim: request.repositoryClaim,
  repositoryReadOnly: true,
  cache: { name: 'cache', emptyDir: {} },
  kopiaConfig: buildKopiaConfig({
    identity: request.identity,
    path: plan.repositoryPath,
    cacheDirectory: cacheDirectory(plan, request.moverSecurityContext),
    cacheBytes: quantityBytes(request.cache.capacity),
    readOnly: true,
  }),
  securityContext: request.moverSecurityContext,
  privileged: plan.privileged,
});
