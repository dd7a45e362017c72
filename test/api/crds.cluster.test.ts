import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { buildDefinitions, type Definition } from '../../api/crds/definitions.ts';
import { readKopiaMaintenance } from '../../api/kopia-maintenance.ts';
import { readReplicationDestination } from '../../api/replication-destination.ts';
import { readReplicationSource } from '../../api/replication-source.ts';
import { manifest as sourceManifest } from '../schedules/manifests.ts';
import { createKubectl } from '../system/kubectl.ts';
import { namespaceManifest } from '../system/objects.ts';
import { declaredDestination, destinationManifest } from './destinations.ts';
import { type Manifest, publicManifests } from './fixtures.ts';
import { maintenanceManifest, publicMaintenances } from './maintenances.ts';

const platform = inject('platform');
const kubectl = createKubectl(platform.tools.kubectl!, platform.kubeconfig);

/** A group of this test's own: the real one is everybody's on a shared cluster. */
// Behind VolSync's in the alphabet: the short names that people type go on meaning those, also while this file runs.
const GROUP = `z-crds-${randomBytes(3).toString('hex')}.stowage.dev`;
const NAMESPACE = `crds-${randomBytes(3).toString('hex')}`;
const REAL_VERSION = 'volsync.backube/v1alpha1';
const VERSION = `${GROUP}/v1alpha1`;

const moved = ({ metadata, spec, ...rest }: Definition): object => ({
  ...rest,
  metadata: { ...metadata, name: `${String(spec.names.plural)}.${GROUP}` },
  spec: { ...spec, group: GROUP },
});

/** An object in the test's group and namespace. */
const here = (object: object): object => ({
  ...object,
  apiVersion: VERSION,
  metadata: { ...(object as Manifest).metadata, namespace: NAMESPACE },
});

/** What the API server answers to an object that it would be given. */
async function tried(object: object): Promise<string> {
  const path = ['apply', '--server-side', '--dry-run=server', '-o', 'json', '-f', '-'];
  return kubectl.pipe(JSON.stringify(here(object)), ...path).catch((error: Error) => error.message);
}

/** An object as it comes back, put into the real group for the readers. */
async function roundTrip(object: object): Promise<Manifest> {
  const answer = await tried(object);
  if (!answer.startsWith('{')) throw new Error(answer);
  return { ...(JSON.parse(answer) as Manifest), apiVersion: REAL_VERSION };
}

beforeAll(async () => {
  await kubectl.apply(namespaceManifest(NAMESPACE, false), ...buildDefinitions().map(moved));
  for (const { spec } of buildDefinitions()) {
    const name = `crd/${String(spec.names.plural)}.${GROUP}`;
    await kubectl.run('wait', name, '--for=condition=Established', '--timeout=30s');
  }
});

afterAll(async () => {
  const names = buildDefinitions().map(({ spec }) => `${String(spec.names.plural)}.${GROUP}`);
  await kubectl.run('delete', 'crd', ...names, '--ignore-not-found');
  await kubectl.run('delete', 'namespace', NAMESPACE, '--wait=false', '--ignore-not-found');
});

describe('the CRDs on a real API server', () => {
  it('are accepted as the files in deploy/crds say them', async () => {
    const said = await kubectl.run(
      ...['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-k', 'deploy/crds'],
    );
    expect(said.trim().split('\n')).toHaveLength(4);
  });

  it('explain their fields', async () => {
    // The server publishes a new schema a moment later, and kubectl keeps what it saw before.
    const explain = (path: string, said: string | RegExp) =>
      vi.waitFor(
        async () => {
          const cache = await mkdtemp(join(tmpdir(), 'stowage-explain-'));
          const text = kubectl.run('explain', path, `--api-version=${VERSION}`, `--cache-dir=${cache}`);
          expect(await text.finally(() => rm(cache, { recursive: true, force: true }))).toMatch(said);
        },
        { timeout: 30_000, interval: 500 },
      );
    await explain('replicationsource.spec.kopia.sourcePathOverride', 'Default: /data');
    await explain('replicationdestination.spec.kopia.shallow', /Not honoured: it is not used/);
  });

  it("show VolSync's columns, also under the short names", async () => {
    await kubectl.apply(here(sourceManifest({ name: 'columns' })), here(destinationManifest({ name: 'columns' })));
    const status = {
      lastSyncTime: '2026-11-25T09:00:00Z',
      lastSyncDuration: '1m9.1s',
      nextSyncTime: '2026-11-25T10:00:00Z',
    };
    for (const kind of [`rsrc.${GROUP}`, `rdst.${GROUP}`])
      await kubectl.run(
        ...['patch', kind, 'columns', '-n', NAMESPACE, '--subresource=status', '--type=merge'],
        ...['-p', JSON.stringify({ status })],
      );
    const shown = async (kind: string): Promise<string[]> =>
      (await kubectl.run('get', `${kind}.${GROUP}`, '-n', NAMESPACE))
        .split('\n')
        .map((line) => line.trim().replace(/ {2,}/g, '|'));
    expect(await shown('rsrc')).toEqual([
      'NAME|SOURCE|LAST SYNC|DURATION|NEXT SYNC',
      'columns|app-config|2026-11-25T09:00:00Z|1m9.1s|2026-11-25T10:00:00Z',
    ]);
    expect(await shown('rdst')).toEqual([
      'NAME|LAST SYNC|DURATION|NEXT SYNC',
      'columns|2026-11-25T09:00:00Z|1m9.1s|2026-11-25T10:00:00Z',
    ]);
  });

  it("keep what other movers and Stowage's conditions know: restic's fields, unknown fields of kopia at any depth", async () => {
    const restic = { repository: 'r', pruneIntervalDays: 7, retain: { within: '3d' } };
    const other = sourceManifest({ name: 'r', spec: { kopia: undefined, restic } });
    expect((await roundTrip(other)).spec.restic).toEqual(restic);

    const kopia = { newer: { deep: [1] }, retain: { daily: 1 }, moverSecurityContext: { runAsUser: 1, sysctls: [] } };
    const back = await roundTrip(sourceManifest({ name: 'u', kopia }));
    expect(back.spec.kopia).toMatchObject(kopia);
    const reading = readReplicationSource(back);
    expect(reading.kind === 'Source' && reading.source.unsupported.map(({ field }) => field).sort()).toEqual([
      'spec.kopia.moverSecurityContext.sysctls',
      'spec.kopia.newer',
    ]);
  });

  it('takes conditions of two field managers, and refuses one without a reason', async () => {
    await kubectl.apply(here(sourceManifest({ name: 'status' })));
    const patch = (condition: object) =>
      kubectl.run(
        ...['patch', `rsrc.${GROUP}`, 'status', '-n', NAMESPACE, '--subresource=status', '--type=merge'],
        ...['-p', JSON.stringify({ status: { conditions: [condition] } })],
      );
    const condition = { type: 'Protected', status: 'True', message: 'm', lastTransitionTime: '2026-11-25T09:00:00Z' };
    await expect(patch({ ...condition, reason: 'BackupProven' })).resolves.toContain('patched');
    await expect(patch(condition)).rejects.toThrow('status.conditions[0].reason');
  });
});

describe('a manifest that could never work is refused with what to do', () => {
  it.each([
    ['a source without a claim', sourceManifest({ spec: { sourcePVC: '' } }), 'sourcePVC: name the claim to back up'],
    [
      'a retention that keeps nothing',
      sourceManifest({ kopia: { retain: { hourly: 0, daily: 0 } } }),
      'retain: every tier is 0, which would keep no snapshot at all: keep at least one',
    ],
    [
      'both places of a policy',
      sourceManifest({ kopia: { policyConfig: { secretName: 'a', configMapName: 'b' } } }),
      'policyConfig: set secretName or configMapName, not both',
    ],
    [
      'Clone on a destination',
      destinationManifest({ kopia: { copyMethod: 'Clone' } }),
      'copyMethod: must be Snapshot or Direct (None means Direct): a destination has nothing that could be cloned',
    ],
    [
      'one half of an identity',
      destinationManifest({ kopia: { username: 'app', hostname: '' } }),
      'give username and hostname together, or neither',
    ],
    [
      'an identity of no source',
      destinationManifest({ kopia: { sourceIdentity: { sourceNamespace: 'media' } } }),
      'sourceIdentity: sourceName is needed where sourceIdentity is set: name the ReplicationSource whose snapshots are wanted',
    ],
  ])('%s', async (_, object, message) => {
    expect(await tried(object)).toContain(`Invalid value: ${message}`);
  });

  it.each([
    ['a schedule', sourceManifest({ spec: { trigger: { schedule: '@every 5m' } } }), 'spec.trigger.schedule'],
    ['a copy method', sourceManifest({ kopia: { copyMethod: 'Magic' } }), 'spec.kopia.copyMethod'],
    ['an identity', sourceManifest({ kopia: { username: '-x' } }), 'spec.kopia.username'],
    ['a path', sourceManifest({ kopia: { sourcePathOverride: 'data' } }), 'spec.kopia.sourcePathOverride'],
    ['a quantity', sourceManifest({ kopia: { capacity: 'big' } }), 'spec.kopia.capacity'],
    ['a time', destinationManifest({ kopia: { restoreAsOf: 'yesterday' } }), 'spec.kopia.restoreAsOf'],
  ])('%s that VolSync refuses as well', async (_, object, field) => {
    expect(await tried(object)).toContain(field);
  });
});

describe('manifests in the shapes of public repositories', () => {
  it.each([...publicManifests(NAMESPACE)])('%s is admitted and read without a problem', async (_, manifests) => {
    for (const manifest of manifests) {
      const back = await roundTrip(manifest);
      const readings = [readReplicationSource(back), readReplicationDestination(back)];
      expect(readings.filter(({ kind }) => kind === 'Invalid')).toEqual([]);
    }
  });

  it('an empty spec is admitted, as by VolSync, and so is one with every field of a destination', async () => {
    expect((await roundTrip({ ...sourceManifest({ name: 'empty' }), spec: {} })).spec).toEqual({});
    const full = {
      capacity: 1_073_741_824,
      previous: 0,
      shallow: 1,
      restoreAsOf: '2026-11-23T12:00:00.5Z',
      sourceIdentity: {},
      repositoryPVC: 'kopia',
    };
    const back = readReplicationDestination(await roundTrip(destinationManifest({ kopia: full })));
    const { namespace: __, template: _, ...expected } = declaredDestination({ kopia: full });
    expect(back).toMatchObject({ kind: 'Destination', destination: expected });
  });
});

describe('a KopiaMaintenance on a real API server', () => {
  it.each(Object.entries(publicMaintenances))('is admitted and read as it was written: %s', async (_, spec) => {
    const written = readKopiaMaintenance({ ...here(maintenanceManifest(spec)), apiVersion: REAL_VERSION });
    const back = readKopiaMaintenance(await roundTrip(maintenanceManifest(spec)));
    if (written.kind !== 'Maintenance' || back.kind !== 'Maintenance') throw new Error(JSON.stringify([written, back]));
    expect({ ...back.maintenance, unsupported: [] }).toEqual({ ...written.maintenance, unsupported: [] });
    // The API server sorts fields.
    expect(new Set(back.maintenance.unsupported)).toEqual(new Set(written.maintenance.unsupported));
  });

  it.each([
    ['no repository', { trigger: { schedule: '@daily' } }, 'name the Secret of the repository'],
    ['an empty Secret', { repository: { repository: '' } }, 'name the Secret of the repository'],
    ['no time', { repository: { repository: 'r' }, trigger: { schedule: 'often' } }, 'spec.trigger.schedule'],
    [
      'both triggers',
      { repository: { repository: 'r' }, trigger: { schedule: '0 1 * * *', manual: 'x' } },
      'set schedule or manual, not both',
    ],
  ])('is refused with a sentence: %s', async (_, spec, said) => {
    expect(await tried(maintenanceManifest(spec))).toContain(said);
  });

  it('keeps what nobody knows, so that it can be named', async () => {
    const spec = { repository: { repository: 'r', prefix: 'x' }, newer: { deep: [1] }, resources: { claims: [] } };
    expect((await roundTrip(maintenanceManifest(spec))).spec).toMatchObject(spec);
  });
});
