import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { KubernetesObject } from '../../platform/worker/objects.ts';
import { renderApp } from '../deploy/render.ts';
import { condition, untilStatus } from '../system/declared.ts';
import { namespaceManifest, secretManifest } from '../system/objects.ts';
import { until } from '../system/until.ts';
import { backup, type Volume } from '../system/volume.ts';
import { createWorld, type World } from '../system/world.ts';

const APP = 'immich';
const platform = inject('platform');

let world: World;
beforeAll(async () => {
  world = await createWorld({ name: 'popu', platform, stowageImage: inject('stowageImage') });
}, 180_000);
afterAll(() => world?.close(), 120_000);

/** An application that says at its start what it finds. */
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: APP },
  spec: {
    selector: { matchLabels: { app: APP } },
    template: {
      metadata: { labels: { app: APP } },
      spec: {
        terminationGracePeriodSeconds: 1,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: {
          ...{ runAsUser: 1000, runAsGroup: 1000, runAsNonRoot: true },
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [
          {
            name: APP,
            image: platform.images.app,
            imagePullPolicy: 'Never',
            command: [
              '/bin/sh',
              '-ec',
              'cd /config; if [ -e photo ]; then echo "found: $(cat photo)"; else echo "found: nothing"; echo holiday > photo; fi; sleep 3600',
            ],
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
            volumeMounts: [{ name: 'config', mountPath: '/config' }],
          },
        ],
        volumes: [{ name: 'config', persistentVolumeClaim: { claimName: `${APP}-config` } }],
      },
    },
  },
};

/** Everything that Flux would apply, but for the ExternalSecret, whose operator the test plays. */
async function rendered(namespace: string): Promise<KubernetesObject[]> {
  const objects = await renderApp(platform.tools, {
    app: APP,
    namespace,
    components: ['volsync', 'volsync/populator'],
    resources: [deployment],
    variables: {
      VOLSYNC_CAPACITY: '256Mi',
      VOLSYNC_STORAGECLASS: platform.storageClass,
      VOLSYNC_SNAPSHOTCLASS: platform.snapshotClass,
      VOLSYNC_ACCESSMODES: 'ReadWriteOnce',
      VOLSYNC_CACHE_STORAGECLASS: platform.cacheStorageClass,
      VOLSYNC_REPOSITORY_STORAGECLASS: world.sharedClass,
      VOLSYNC_REPOSITORY_CAPACITY: world.repositorySize,
    },
  });
  return objects.filter(({ kind }) => kind !== 'ExternalSecret');
}

/** What the application found when its one pod started. */
async function found({ namespace }: Volume): Promise<string> {
  await world.kubectl.run('rollout', 'status', `deployment/${APP}`, '-n', namespace, '--timeout=120s');
  return await until(`${APP} says what it found`, 60, async () => {
    const log = await world.kubectl.run('logs', `deployment/${APP}`, '-n', namespace);
    return /found: (.*)/.exec(log)?.[1];
  });
}

const restored = (volume: Volume, reason: string) =>
  untilStatus(volume, 'replicationdestination', (status) =>
    Boolean(condition(status, 'Restored')?.startsWith(`True/${reason}`)),
  );

describe('a Deployment applied together with its claim and destination', () => {
  it('starts on an empty volume the first time, and with its data after everything was lost; nobody orders anything', {
    timeout: 240_000,
  }, async () => {
    const namespace = `${world.name}-${APP}`;
    world.namespaces.push(namespace);
    const volume: Volume = {
      ...{ world, namespace },
      ...{ claim: `${APP}-config`, source: `${APP}-src`, destination: `${APP}-dst` },
    };
    await world.kubectl.apply(
      namespaceManifest(namespace, false),
      secretManifest(namespace, `${APP}-volsync-secret`, world.password),
    );
    const objects = await rendered(namespace);
    await world.kubectl.apply(...objects);
    expect(await found(volume)).toBe('nothing');
    await restored(volume, 'StartedEmpty');

    // The first backup comes by itself, perhaps before the application wrote; this one comes after.
    await untilStatus(volume, 'replicationsource', (status) => Boolean(status.lastSyncTime));
    expect(await backup(volume)).toMatchObject({ outcome: 'Succeeded', files: 1 });

    const names = ['deployment/immich', 'replicationsource/immich-src', 'replicationdestination/immich-dst'];
    await world.kubectl.run('delete', ...names, `pvc/${volume.claim}`, '-n', namespace, '--wait', '--timeout=60s');
    await world.kubectl.apply(...objects);
    expect(await found(volume)).toBe('holiday');
    await restored(volume, 'Restored');
  });
});
