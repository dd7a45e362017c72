import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { readManifests } from '../../platform/worker/objects.ts';
import '../provided.ts';
import { readUsedRights, type UsedRights } from '../system/audit.ts';
import { type Right, rightsGivenBy } from '../workers/cluster-calls.ts';

// Runs after everything that shares the platform: alone it would find most rights unused, and say so.

type Rules = Parameters<typeof rightsGivenBy>[0];
type Role = 'control' | 'movers';

const OLDER_SERVER = 'a watch begins with its own list here; API servers without WatchList need this one';
const LEFT_OVER = 'a copy or cache of a run whose clean-up did not come to its end stands in the way of the next run';
const MADE_AGAIN = 'a worker that died between making an object and hearing of it: hit only now and then';

/** Rights that the tests need not hit, each with the reason why the product has it all the same. */
const EXPLAINED: Readonly<Record<Role, Readonly<Record<Right, string>>>> = {
  control: {
    'list batch/jobs': OLDER_SERVER,
    'list /namespaces': OLDER_SERVER,
    'list snapshot.storage.k8s.io/volumesnapshots': OLDER_SERVER,
    'list stowage.dev/kopiarepositories': OLDER_SERVER,
    'list volsync.backube/kopiamaintenances': OLDER_SERVER,
    'list volsync.backube/replicationdestinations': OLDER_SERVER,
    'list volsync.backube/replicationsources': OLDER_SERVER,
    'get snapshot.storage.k8s.io/volumesnapshots': MADE_AGAIN,
    'patch snapshot.storage.k8s.io/volumesnapshots': 'a second image of a destination marks the first as replaced',
  },
  movers: {
    'list batch/jobs': OLDER_SERVER,
    'list /persistentvolumeclaims': OLDER_SERVER,
    'list /pods': OLDER_SERVER,
    'get /persistentvolumeclaims': MADE_AGAIN,
    'watch /persistentvolumeclaims': LEFT_OVER,
    'delete /persistentvolumeclaims': LEFT_OVER,
    'delete /pods': 'a mover whose pod does not end by itself when its run is cancelled',
  },
};

const manifests = await readManifests(fileURLToPath(new URL('../../deploy', import.meta.url)));
const grantedTo = (role: Role, kinds: readonly string[] = ['ClusterRole', 'Role']): Right[] =>
  manifests
    .filter(({ kind, metadata }) => kinds.includes(kind) && metadata.name === `stowage-${role}`)
    .flatMap(({ rules }) => rightsGivenBy(rules as Rules))
    .sort();

let roles: ReadonlyMap<string, UsedRights>;
beforeAll(async () => {
  roles = await readUsedRights(join(inject('platform').directory, 'audit'));
});

describe.each(['control', 'movers'] as const)('the workers of role %s, in all tests on this platform', (role) => {
  const used = (): ReadonlySet<Right> => roles.get(role)?.used ?? new Set();

  it('asked for nothing that they may not do', () => {
    const everywhere = grantedTo(role, ['ClusterRole']);
    const atHome = grantedTo(role);
    // What is granted may be refused too, for a moment: by an API server that has just started, or after the account went.
    const missing = [...(roles.get(role)?.refused.values() ?? [])].filter(
      ({ right, own }) => !(own ? atHome : everywhere).includes(right),
    );
    expect(missing).toEqual([]);
  });

  it('used nothing but what deploy/ grants', () => {
    const granted = grantedTo(role);
    expect([...used()].filter((right) => !granted.includes(right)).sort()).toEqual([]);
  });

  it('used everything that deploy/ grants, but for what is explained here', () => {
    const needless = grantedTo(role).filter((right) => !used().has(right));
    expect(needless.filter((right) => !(right in EXPLAINED[role]))).toEqual([]);
  });

  it('have every right that is explained here', () => {
    const granted = grantedTo(role);
    expect(Object.keys(EXPLAINED[role]).filter((right) => !granted.includes(right))).toEqual([]);
  });
});

it('the workers beside a repository asked for nothing at all', () => {
  expect(roles.get('repository')).toBeUndefined();
});
