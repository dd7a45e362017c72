import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { readManifests } from '../../platform/worker/objects.ts';
import '../provided.ts';
import { readUsedRights, type UsedRights } from '../system/audit.ts';
import { rightsGivenBy } from '../workers/cluster-calls.ts';

// Last of its folder: it judges what the workers of all tests before it asked of this platform's API server.

type Rules = Parameters<typeof rightsGivenBy>[0];

/** Rights that no test on this platform makes use of, each with the reason why the product has it all the same. */
const UNUSED: Readonly<Record<'control' | 'movers', Readonly<Record<string, string>>>> = {
  control: {},
  movers: {},
};

const manifests = await readManifests(fileURLToPath(new URL('../../deploy', import.meta.url)));
const granted = (role: string): string[] =>
  manifests
    .filter(({ kind, metadata }) => /^(Cluster)?Role$/.test(kind) && metadata.name === `stowage-${role}`)
    .flatMap(({ rules }) => rightsGivenBy(rules as Rules))
    .sort();

let roles: ReadonlyMap<string, UsedRights>;
beforeAll(async () => {
  roles = await readUsedRights(join(inject('platform').directory, 'audit'));
});

describe.each(['control', 'movers'] as const)('the worker of role %s, in all tests so far', (role) => {
  it('asked for nothing that it may not do', () => {
    expect([...roles.get(role)!.refused].sort()).toEqual([]);
  });

  it('used only what deploy/ grants, and everything of it but what is explained here', () => {
    const given = granted(role);
    const { used } = roles.get(role)!;
    expect({
      missing: [...used].filter((right) => !given.includes(right)).sort(),
      needless: given.filter((right) => !used.has(right)),
    }).toEqual({ missing: [], needless: Object.keys(UNUSED[role]).sort() });
  });
});

it('the worker beside the repository asked for nothing at all', () => {
  expect(roles.get('repository')).toBeUndefined();
});
