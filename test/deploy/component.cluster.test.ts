import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { readReplicationDestination } from '../../api/replication-destination.ts';
import { readReplicationSource } from '../../api/replication-source.ts';
import { ensureGitOpsFiles } from '../../platform/toolchain/ensure.ts';
import type { KubernetesObject } from '../../platform/worker/objects.ts';
import '../provided.ts';
import { createKubectl } from '../system/kubectl.ts';
import { namespaceManifest } from '../system/objects.ts';
import { type AppShape, find, renderApp, renderEmby } from './render.ts';

const { tools, kubeconfig, images } = inject('platform');
const kubectl = createKubectl(tools.kubectl!, kubeconfig);
const cluster = { APP_IMAGE: images.app, STOWAGE_IMAGE: inject('stowageImage') };
const namespace = (app: string): string => `component-${app}`;

/** What Flux does again at each reconciliation: not the objects that it is told to apply once. */
const appliedAgain = ({ metadata }: KubernetesObject): boolean => {
  const { annotations = {} } = metadata as { annotations?: Record<string, string> };
  return annotations['kustomize.toolkit.fluxcd.io/ssa'] !== 'IfNotPresent';
};

async function applyTo(target: string, objects: readonly KubernetesObject[]): Promise<string> {
  await kubectl.apply(...objects.map((object) => ({ ...object, metadata: { ...object.metadata, namespace: target } })));
  const kinds = 'externalsecrets,persistentvolumeclaims,replicationsources,replicationdestinations';
  const found = await kubectl.list<{ kind: string; metadata: { name: string; generation?: number } }>(target, kinds);
  return found.map(({ kind, metadata }) => `${kind}/${metadata.name} ${metadata.generation ?? 1}`).join('\n');
}

const deployment = (app: string, claim: string): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: app },
  spec: {
    // The shape is what is applied here; nothing has to run.
    replicas: 0,
    selector: { matchLabels: { app } },
    template: {
      metadata: { labels: { app } },
      spec: {
        containers: [{ name: app, image: images.app, volumeMounts: [{ name: 'config', mountPath: '/config' }] }],
        volumes: [{ name: 'config', persistentVolumeClaim: { claimName: claim } }],
      },
    },
  },
});

/** Shapes beside the reference's own. */
const shapes: Record<string, AppShape> = {
  'its claim in git, filled from the destination': {
    app: 'immich',
    namespace: 'media',
    components: ['volsync', 'volsync/populator'],
    resources: [deployment('immich', 'immich-config')],
    variables: { VOLSYNC_CAPACITY: '50Gi', VOLSYNC_STORAGECLASS: 'ceph-block', VOLSYNC_ACCESSMODES: 'ReadWriteOnce' },
  },
  'the live volume, a time of its own and another user': {
    app: 'paperless',
    namespace: 'office',
    variables: {
      VOLSYNC_COPYMETHOD: 'Direct',
      VOLSYNC_SCHEDULE: 'CRON_TZ=Europe/Berlin 30 4 * * *',
      VOLSYNC_PUID: '568',
      VOLSYNC_PGID: '568',
      VOLSYNC_CLAIM: 'paperless-data',
      VOLSYNC_RESTORE_TRIGGER: '2026',
      VOLSYNC_PARALLELISM: '4',
    },
  },
  'everything left to its default': { app: 'sabnzbd', namespace: 'default', variables: {} },
  'variables that are set to nothing, a schedule that YAML takes for an alias': {
    app: 'empty',
    namespace: 'default',
    variables: {
      VOLSYNC_SCHEDULE: '*/15 * * * *',
      ...Object.fromEntries(
        ['CAPACITY', 'STORAGECLASS', 'SNAPSHOTCLASS', 'CACHE_CAPACITY', 'CACHE_STORAGECLASS', 'PUID', 'CLAIM'].map(
          (name) => [`VOLSYNC_${name}`, ''],
        ),
      ),
    },
  },
};

function readBoth(objects: readonly KubernetesObject[], app: string) {
  const source = readReplicationSource(find(objects, 'ReplicationSource', `${app}-src`));
  const destination = readReplicationDestination(find(objects, 'ReplicationDestination', `${app}-dst`));
  // Nothing wrong, and nothing without effect.
  expect(source).toMatchObject({ kind: 'Source', source: { unsupported: [] } });
  expect(destination).toMatchObject({ kind: 'Destination', destination: { unsupported: [] } });
  if (source.kind !== 'Source' || destination.kind !== 'Destination') throw new Error('not read');
  return { source: source.source, destination: destination.destination };
}

beforeAll(async () => {
  const externalSecrets = join(await ensureGitOpsFiles(), 'crds');
  await kubectl.run('apply', '--server-side', '--force-conflicts', '-f', externalSecrets);
  await kubectl.run('wait', 'crd', '--all', '--for=condition=Established', '--timeout=60s');
  const apps = ['emby', ...Object.values(shapes).map(({ app }) => app)];
  await kubectl.apply(...apps.map((app) => namespaceManifest(namespace(app), false)));
});

afterAll(async () => {
  const apps = ['emby', ...Object.values(shapes).map(({ app }) => app)];
  await kubectl.run('delete', 'namespace', ...apps.map(namespace), '--ignore-not-found', '--wait=false');
});

describe("the reference's emby, word for word", () => {
  it('is what the reference says that the component makes', async () => {
    const objects = await renderEmby(tools, cluster);
    expect(objects.map(({ kind, metadata }) => `${kind}/${metadata.namespace}/${metadata.name}`).sort()).toEqual([
      'Deployment/default/emby',
      'ExternalSecret/default/emby-volsync',
      'PersistentVolumeClaim/default/kopia',
      'ReplicationDestination/default/emby-dst',
      'ReplicationSource/default/emby-src',
    ]);
    const mover = { moverSecurityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 } };
    const common = {
      repository: 'emby-volsync-secret',
      capacity: '10Gi',
      storageClassName: 'csi-cephfs-config-sc',
      volumeSnapshotClassName: 'csi-cephfs-config-snapclass',
      accessModes: ['ReadWriteMany'],
      cacheStorageClassName: 'csi-cephfs-config-sc',
      ...mover,
    };
    expect(find(objects, 'ReplicationSource', 'emby-src').spec).toMatchObject({
      sourcePVC: 'emby-config',
      trigger: { schedule: '0 * * * *' },
      kopia: {
        ...common,
        copyMethod: 'Snapshot',
        compression: 'zstd-fastest',
        parallelism: 2,
        retain: { hourly: 24, daily: 7 },
      },
    });
    expect(find(objects, 'ReplicationDestination', 'emby-dst').spec).toMatchObject({
      trigger: { manual: 'restore-once' },
      kopia: { ...common, destinationPVC: 'emby-config' },
    });
    expect(find(objects, 'ExternalSecret', 'emby-volsync').spec).toMatchObject({
      target: {
        name: 'emby-volsync-secret',
        template: { data: { KOPIA_REPOSITORY: 'filesystem:///repository', KOPIA_PASSWORD: '{{ .KOPIA_PASSWORD }}' } },
      },
    });
  });

  it('is read without a problem, and applied again it changes nothing', async () => {
    const objects = await renderEmby(tools, cluster);
    const { source, destination } = readBoth(objects, 'emby');
    expect(source.request).toMatchObject({ claim: 'emby-config', repositoryClaim: 'kopia' });
    expect(destination.identity).toEqual({ kind: 'Source', namespace: 'default', name: 'emby-src' });
    const applicationOnly = objects.filter(({ kind }) => kind !== 'Deployment');
    const first = await applyTo(namespace('emby'), applicationOnly);
    expect(await applyTo(namespace('emby'), applicationOnly.filter(appliedAgain))).toBe(first);
  });
});

describe.each(Object.entries(shapes))('%s', (_, shape) => {
  it('is read without a problem, admitted by the API server, and applied again it changes nothing', async () => {
    const objects = await renderApp(tools, shape);
    const { source, destination } = readBoth(objects, shape.app);
    const claim = shape.variables.VOLSYNC_CLAIM || `${shape.app}-config`;
    expect(source.request).toMatchObject({
      claim,
      namespace: shape.namespace,
      secretName: `${shape.app}-volsync-secret`,
    });
    expect(destination.identity).toMatchObject({ kind: 'Source', name: `${shape.app}-src` });
    const first = await applyTo(namespace(shape.app), objects);
    expect(await applyTo(namespace(shape.app), objects.filter(appliedAgain))).toBe(first);
  });
});

describe('variables', () => {
  const read = async (name: string) => readBoth(await renderApp(tools, shapes[name]!), shapes[name]!.app);

  it('that are empty or left out give what is absent, not a class without a name', async () => {
    for (const name of Object.keys(shapes).filter((title) => /default|nothing/.test(title))) {
      const { source, destination } = await read(name);
      expect(source.request.storageClassName).toBeUndefined();
      expect(source.request.volumeSnapshotClassName).toBeUndefined();
      expect(source.request.cache?.storageClassName).toBeUndefined();
      expect(source.request).toMatchObject({ capacity: '5Gi', moverSecurityContext: { runAsUser: 1000 } });
      expect(destination).toMatchObject({ claim: expect.stringMatching(/-config$/), manual: 'restore-once' });
      const claim = await kubectl.run('get', 'pvc', 'kopia', '-n', namespace(shapes[name]!.app), '-o', 'json');
      // The cluster's default class, because the claim named none.
      expect(JSON.parse(claim)).toMatchObject({ spec: { storageClassName: inject('platform').storageClass } });
    }
  });

  it('keep their type: numbers are numbers, text that looks like a number or an alias is text', async () => {
    const { source, destination } = await read('the live volume, a time of its own and another user');
    expect(source).toMatchObject({
      schedule: { expression: '30 4 * * *', timeZone: 'Europe/Berlin' },
      request: {
        copyMethod: 'Direct',
        claim: 'paperless-data',
        parallelism: 4,
        moverSecurityContext: { runAsUser: 568, runAsGroup: 568, fsGroup: 568 },
      },
    });
    expect(destination).toMatchObject({ claim: 'paperless-data', manual: '2026' });
    const { source: quarterly } = await read(Object.keys(shapes).at(-1)!);
    expect(quarterly.schedule?.expression).toBe('*/15 * * * *');
  });

  it('of the populator make a claim that names the destination, and a destination without a claim of its own', async () => {
    const [title] = Object.keys(shapes);
    const objects = await renderApp(tools, shapes[title!]!);
    expect(find(objects, 'PersistentVolumeClaim', 'immich-config').spec).toMatchObject({
      dataSourceRef: { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: 'immich-dst' },
      resources: { requests: { storage: '50Gi' } },
    });
    const { destination } = readBoth(objects, 'immich');
    expect(destination.claim).toBeUndefined();
    expect(destination.copyMethod).toBe('Snapshot');
  });
});
