import type { ResolvedDestination } from '../../api/destination-identity.ts';
import type { DeclaredDestination } from '../../api/replication-destination.ts';
import type { RestoreRequest } from '../../api/restore-request.ts';
import type { RestoreTarget } from './destination-targets.ts';

/** The request of one restore. Pure. */
export function buildRequest(
  { template, name, manual }: DeclaredDestination,
  { claim, deliver }: RestoreTarget,
  {
    identity,
    secretName,
    repositoryClaim,
    repositoryNfs,
    repositoryPath,
    source,
    firstDeploymentAllowed,
  }: ResolvedDestination,
  served: boolean,
): RestoreRequest {
  return {
    ...template,
    claim,
    destination: name,
    identity: { ...identity },
    declared: true,
    deliver,
    whenNoSnapshot: firstDeploymentAllowed && deliver === 'Claim' ? 'Empty' : 'Fail',
    ...(source === undefined ? {} : { source }),
    ...(secretName === undefined ? {} : { secretName }),
    ...(repositoryClaim === undefined ? {} : { repositoryClaim }),
    ...(repositoryNfs === undefined ? {} : { repositoryNfs }),
    ...(repositoryPath === undefined ? {} : { repositoryPath }),
    // Answered or not, a restore of a missing claim answers the manual value that stands there now.
    ...(manual === undefined || (served && deliver === 'Image') ? {} : { manual }),
  };
}
