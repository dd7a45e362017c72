import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import type { DeclaredObject, RepositoryObject } from '../ports/cluster.ts';
import { awaitsVolume, populatedBy } from '../volume/preflight-restore.ts';
import type { Picture } from './declared-context.ts';

/** What the live sets hold at one moment, ready to be asked. Pure. */
export function buildPicture(
  sources: readonly DeclaredObject[],
  destinations: readonly DeclaredObject[],
  claims: readonly V1PersistentVolumeClaim[],
  repositories: readonly RepositoryObject[],
  volsyncActs: boolean,
): Picture {
  const byName = new Map(claims.map((claim) => [nameOf(claim.metadata), claim]));
  const populated = new Map<string, V1PersistentVolumeClaim[]>();
  for (const claim of claims) {
    const destination = populatedBy(claim);
    if (destination === undefined) continue;
    const key = nameOf({ namespace: claim.metadata?.namespace, name: destination });
    populated.set(key, [...(populated.get(key) ?? []), claim]);
  }
  const populatedClaims = (namespace: string, name: string) => populated.get(nameOf({ namespace, name })) ?? [];
  return {
    sources,
    destinations,
    repositories,
    volsyncActs,
    claim: (namespace, name) => byName.get(nameOf({ namespace, name })),
    populatedClaims,
    damageOf: (repository, identity) => damageOf(repositories, repository, identity),
    waitingClaims: (namespace, name) =>
      populatedClaims(namespace, name).filter(
        (claim) => awaitsVolume(claim) && claim.metadata?.deletionTimestamp === undefined,
      ),
  };
}

function damageOf(repositories: readonly RepositoryObject[], name: string, identity: string): string | undefined {
  const known = repositories.find(({ metadata }) => metadata?.name === name)?.status?.damage ?? [];
  const own = known.filter(({ identities }) => identities.includes(identity));
  return own.length === 0 ? undefined : own.map(({ message, time }) => `${message} (found ${time})`).join('; ');
}

const nameOf = (metadata: { namespace?: string | undefined; name?: string } | undefined): string =>
  `${metadata?.namespace}/${metadata?.name}`;
