import { identityOfSource, type ResolvedDestination } from '../../api/destination-identity.ts';
import { formatIdentity } from '../../api/identity.ts';
import type { DeclaredDestination } from '../../api/replication-destination.ts';
import type { DeclaredSource } from '../../api/replication-source.ts';
import type { RestoreRequest } from '../../api/restore-request.ts';
import { areAlike } from '../repository/similar-identities.ts';
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
  sources: readonly DeclaredSource[],
): RestoreRequest {
  const mayStartEmpty = firstDeploymentAllowed && deliver === 'Claim';
  return {
    ...template,
    claim,
    destination: name,
    identity: { ...identity },
    declared: true,
    deliver,
    whenNoSnapshot: mayStartEmpty ? 'Empty' : 'Fail',
    ...(mayStartEmpty ? { neighbours: neighboursOf(formatIdentity(identity), sources) } : {}),
    ...(source === undefined ? {} : { source }),
    ...(secretName === undefined ? {} : { secretName }),
    ...(repositoryClaim === undefined ? {} : { repositoryClaim }),
    ...(repositoryNfs === undefined ? {} : { repositoryNfs }),
    ...(repositoryPath === undefined ? {} : { repositoryPath }),
    // Answered or not, a restore of a missing claim answers the manual value that stands there now.
    ...(manual === undefined || (served && deliver === 'Image') ? {} : { manual }),
  };
}

/** Identities of declared sources that look like this one and are another application's. */
const neighboursOf = (identity: string, sources: readonly DeclaredSource[]): string[] =>
  sources
    .map((source) => formatIdentity(identityOfSource(source)))
    .filter((other) => areAlike(identity, other))
    .sort();
