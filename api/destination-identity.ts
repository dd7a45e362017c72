import { DEFAULT_SNAPSHOT_PATH, hostnameOf, type Identity, usernameOf } from './identity.ts';
import type { DeclaredDestination, DeclaredIdentity } from './replication-destination.ts';
import type { DeclaredSource } from './replication-source.ts';
import type { RestoreRequest } from './restore-request.ts';
import { resolveNames } from './volume-request.ts';

/** Which rule found the identity; for messages. */
export type IdentityRule =
  /** `username` and `hostname` of the destination. */
  | 'Explicit'
  /** Its `sourceIdentity`. */
  | 'SourceIdentity'
  /** The source of the same namespace that backs the claim up. VolSync does not look for it. */
  | 'SourceOfClaim'
  /** VolSync's last resort: the destination's own name. */
  | 'OwnName';

/** Fields of a RestoreRequest that say where the repository is. */
type RepositoryPlace = Pick<RestoreRequest, 'secretName' | 'repositoryClaim' | 'repositoryPath' | 'repositoryNfs'>;

/** What the template of a destination lacks to be a request. */
export interface ResolvedDestination extends RepositoryPlace {
  readonly identity: Identity;
  readonly rule: IdentityRule;
  /** The declared source of the destination's own namespace that a restore must not overlap with. */
  readonly source?: string;
  /** A declared source has exactly this identity, so that "no snapshot yet" can be what it looks like. */
  readonly firstDeploymentAllowed: boolean;
}

/** The identity under which a source files its snapshots, with its overrides and VolSync's derivation. */
export const identityOfSource = ({ request }: DeclaredSource): Identity =>
  resolveNames({ ...request, identity: request.identity ?? {} }).identity;

/**
 * Completes a destination (pure): explicit names, else those of the source that it names, else those of the source whose
 * `sourcePVC` is the claim, else its own name. `claim` is `destinationPVC` or the claim that names it as its data source;
 * undefined for an image. `sources` are those of every namespace.
 */
export function resolveDestination(
  destination: DeclaredDestination,
  claim: string | undefined,
  sources: readonly DeclaredSource[],
): ResolvedDestination {
  const { namespace, template } = destination;
  const ofClaim = sourceOfClaim(destination, claim, sources);
  const { rule, identity, named } = findIdentity(destination, ofClaim, sources);
  const same = sources.filter((source) => sameIdentity(identityOfSource(source), identity));
  const own = [named, ...same].find((source) => source?.namespace === namespace) ?? ofClaim;
  return {
    identity,
    rule,
    ...repositoryPlace(template, named ?? own ?? same[0]),
    ...(own ? { source: own.name } : {}),
    firstDeploymentAllowed: same.length > 0,
  };
}

interface Found {
  readonly rule: IdentityRule;
  readonly identity: Identity;
  /** The declared source that said so. */
  readonly named?: DeclaredSource;
}

function findIdentity(
  { namespace, name, identity }: DeclaredDestination,
  ofClaim: DeclaredSource | undefined,
  sources: readonly DeclaredSource[],
): Found {
  if (identity.kind === 'Explicit') {
    const { username, hostname, path } = identity;
    return { rule: 'Explicit', identity: completed({ username, hostname }, path, sources) };
  }
  if (identity.kind === 'Source') return { rule: 'SourceIdentity', ...identityOfNamed(identity, sources) };
  if (ofClaim) return { rule: 'SourceOfClaim', identity: identityOfSource(ofClaim), named: ofClaim };
  const own = { username: usernameOf(name), hostname: hostnameOf(namespace, name) };
  return { rule: 'OwnName', identity: completed(own, undefined, sources) };
}

/** The named source's real identity, overrides included, which VolSync does not follow; its derivation where none is declared. */
function identityOfNamed(
  { namespace, name, path }: Extract<DeclaredIdentity, { kind: 'Source' }>,
  sources: readonly DeclaredSource[],
): Pick<Found, 'identity' | 'named'> {
  const named = sources.find((source) => source.namespace === namespace && source.name === name);
  const real = named && identityOfSource(named);
  const identity = {
    username: real?.username ?? usernameOf(name),
    hostname: real?.hostname ?? hostnameOf(namespace, name),
    path: path ?? real?.path ?? DEFAULT_SNAPSHOT_PATH,
  };
  return named ? { identity, named } : { identity };
}

/** Names alone leave the path open: the one of the declared sources with these names, where they agree on it. */
function completed(
  names: Pick<Identity, 'username' | 'hostname'>,
  path: string | undefined,
  sources: readonly DeclaredSource[],
): Identity {
  const paths = new Set(
    sources
      .map(identityOfSource)
      .filter(({ username, hostname }) => username === names.username && hostname === names.hostname)
      .map((identity) => identity.path),
  );
  const agreed = paths.size === 1 ? [...paths][0] : undefined;
  return { ...names, path: path ?? agreed ?? DEFAULT_SNAPSHOT_PATH };
}

/** Of several sources of one claim the one with the destination's Secret, else the first by name. */
function sourceOfClaim(
  { namespace, template }: DeclaredDestination,
  claim: string | undefined,
  sources: readonly DeclaredSource[],
): DeclaredSource | undefined {
  const candidates = sources
    .filter((source) => source.namespace === namespace && source.request.claim === claim)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return candidates.find(({ request }) => request.secretName === template.secretName) ?? candidates[0];
}

/** Where the destination leaves the repository open, that of its source; never the volume of another Secret's repository. */
function repositoryPlace(
  { secretName, repositoryClaim, repositoryNfs }: DeclaredDestination['template'],
  source: DeclaredSource | undefined,
): RepositoryPlace {
  const from = source?.request;
  const otherRepository = secretName !== undefined && secretName !== from?.secretName;
  if (!from || otherRepository || repositoryClaim !== undefined || repositoryNfs !== undefined) {
    const name = secretName ?? from?.secretName;
    return name === undefined ? {} : { secretName: name };
  }
  return {
    ...(from.secretName === undefined ? {} : { secretName: from.secretName }),
    ...(from.repositoryClaim === undefined ? {} : { repositoryClaim: from.repositoryClaim }),
    ...(from.repositoryPath === undefined ? {} : { repositoryPath: from.repositoryPath }),
    ...(from.repositoryNfs === undefined ? {} : { repositoryNfs: from.repositoryNfs }),
  };
}

const sameIdentity = (a: Identity, b: Identity): boolean =>
  a.username === b.username && a.hostname === b.hostname && a.path === b.path;
