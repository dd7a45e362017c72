import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { scheduleId } from '../../schedules/ids.ts';
import { condition, destinationManifest, sourceManifest, untilStatus } from '../system/declared.ts';
import { claimManifest, namespaceManifest, scriptJobManifest, secretManifest } from '../system/objects.ts';
import { until } from '../system/until.ts';
import {
  backup,
  claimExists,
  createVolume,
  deleteClaim,
  runScript,
  snapshotsOf,
  treeText,
  type Volume,
} from '../system/volume.ts';
import { createWorld, type World } from '../system/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld({ name: 'decl', platform: inject('platform'), stowageImage: inject('stowageImage') });
}, 180_000);
afterAll(() => world?.close(), 120_000);

describe('what is declared', () => {
  it('happens: a source gets its schedule and its first backup, a lost claim comes back, twice', {
    timeout: 240_000,
  }, async () => {
    const volume = await createVolume(world, { app: 'emby' });
    await world.kubectl.apply(sourceManifest(volume), destinationManifest(volume));
    const schedule = world.client.schedule.getHandle(scheduleId(volume.namespace, volume.source));
    await until('the schedule', 30, async () => (await schedule.describe()).spec.calendars?.length === 1);

    const source = await untilStatus(volume, 'replicationsource', (status) => Boolean(status.lastSyncTime));
    expect(source.latestMoverStatus?.result).toBe('Successful');
    expect(source.nextSyncTime).toMatch(/:00:00Z$/);
    const protectedNow = await untilStatus(volume, 'replicationsource', (status) =>
      Boolean(condition(status, 'Protected')?.startsWith('True/BackupProven')),
    );
    expect(condition(protectedNow, 'Synchronizing')).toBe(
      'False/WaitingForSchedule: Waiting for next scheduled synchronization',
    );
    expect(condition(protectedNow, 'FieldsHonoured')).toMatch(/^True/);
    expect(await snapshotsOf(volume)).toHaveLength(1);

    // The claim was there: nothing was written, and the trigger counts as answered.
    const untouched = await untilStatus(volume, 'replicationdestination', (s) => s.lastManualSync === 'restore-once');
    expect(condition(untouched, 'Restored')).toMatch(/^True\/ClaimExists/);

    const before = await treeText(volume);
    for (const _ of [1, 2]) {
      await deleteClaim(volume);
      await untilStatus(volume, 'replicationdestination', (status) =>
        Boolean(condition(status, 'Restored')?.startsWith('True/Restored')),
      );
      expect(await treeText(volume)).toBe(before);
    }
  });

  it('a Deployment applied together with its claim and destination starts with the restored data, in no order', {
    timeout: 180_000,
  }, async () => {
    const volume = await createVolume(world, { app: 'shop' });
    await backup(volume);
    await deleteClaim(volume);
    const claim = claimManifest(volume.namespace, volume.claim, world.platform.storageClass, '256Mi') as ClaimManifest;
    const dataSourceRef = { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: volume.destination };
    await world.kubectl.apply(
      deploymentManifest(volume, world.platform.images.app, 'test "$(cat /data/a/b/c/deep)" = deep && sleep 3600'),
      { ...claim, spec: { ...claim.spec, dataSourceRef } },
      destinationManifest(volume, {
        ...{ destinationPVC: undefined, copyMethod: 'Snapshot', capacity: undefined, accessModes: undefined },
        sourceIdentity: { sourceName: volume.source },
      }),
    );
    await world.kubectl.run(
      ...['wait', 'deployment/reader', '-n', volume.namespace, '--for=condition=Available', '--timeout=120s'],
    );
    const status = await untilStatus(volume, 'replicationdestination', (s) =>
      Boolean(condition(s, 'Restored')?.startsWith('True/Restored')),
    );
    expect(condition(status, 'Restored')).toMatch(
      /^True\/Restored: claim shop-config came back from snapshot [0-9a-f]{32}/,
    );
  });

  it('an application that was never seen starts empty, and its status says so', { timeout: 120_000 }, async () => {
    const volume = await emptyNamespace('fresh');
    await world.kubectl.apply(destinationManifest(volume), sourceManifest(volume));
    const status = await untilStatus(volume, 'replicationdestination', (s) =>
      Boolean(condition(s, 'Restored')?.startsWith('True/')),
    );
    expect(condition(status, 'Restored')).toMatch(/^True\/StartedEmpty: claim fresh-config started empty/);
    expect(status.lastManualSync).toBe('restore-once');
    expect(await runScript(volume, 'find /data -mindepth 1 -not -name lost+found')).toBe('');
  });

  it('a destination whose identity matches nothing makes no volume, and names the identities that exist', {
    timeout: 180_000,
  }, async () => {
    const known = await createVolume(world, { app: 'known' });
    await backup(known);
    const volume = await emptyNamespace('typo');
    await world.kubectl.apply(destinationManifest(volume, { sourceIdentity: { sourceName: 'knwon-src' } }));
    const status = await untilStatus(volume, 'replicationdestination', (s) =>
      Boolean(condition(s, 'Restored')?.startsWith('False/SnapshotNotFound')),
    );
    expect(condition(status, 'Restored')).toContain(`knwon-src@${volume.namespace}:/data`);
    expect(condition(status, 'Restored')).toContain(`known-src@${known.namespace}:/data`);
    expect(await claimExists(volume)).toBe(false);
  });

  it('a source that was declared anew under another name starts nothing empty: its former name is named', {
    timeout: 180_000,
  }, async () => {
    const volume = await createVolume(world, { app: 'moved' });
    await backup(volume);
    await deleteClaim(volume);
    const renamed = { ...volume, source: 'moved' };
    await world.kubectl.apply(sourceManifest(renamed), destinationManifest(renamed));
    const status = await untilStatus(volume, 'replicationdestination', (s) =>
      Boolean(condition(s, 'Restored')?.startsWith('False/SnapshotNotFound')),
    );
    expect(condition(status, 'Restored')).toContain(`but it holds moved-src@${volume.namespace}:/data`);
    expect(await claimExists(volume)).toBe(false);
  });

  it('a source that was emptied holds its retention until a person approves', { timeout: 240_000 }, async () => {
    const volume = await createVolume(world, { app: 'loss' });
    await world.kubectl.apply(sourceManifest(volume, { retain: { latest: 1 } }));
    await untilStatus(volume, 'replicationsource', (status) => Boolean(status.lastSyncTime));
    const [good] = await snapshotsOf(volume);
    await runScript(volume, 'rm -rf /data/a /data/empty');
    await backup(volume, { declared: true, retain: { latest: 1 } });
    const held = await untilStatus(volume, 'replicationsource', (status) =>
      Boolean(condition(status, 'Suspicious')?.startsWith('True/')),
    );
    expect(condition(held, 'Suspicious')).toMatch(/^True\/RetentionHeld: the source was emptied from \d+ files/);
    await backup(volume, { declared: true, retain: { latest: 1 } });
    expect((await snapshotsOf(volume)).map(({ id }) => id)).toContain(good?.id);

    await backup(volume, { declared: true, retain: { latest: 1 }, approveShrink: true, approveRetention: true });
    await untilStatus(volume, 'replicationsource', (status) =>
      Boolean(condition(status, 'Suspicious')?.startsWith('False/')),
    );
    // The two newest are always kept; the good one is not among them any more.
    const kept = await snapshotsOf(volume);
    expect(kept).toHaveLength(2);
    expect(kept.map(({ id }) => id)).not.toContain(good?.id);
  });
});

type ClaimManifest = { readonly spec: object };

/** A namespace with everything that an application needs for its backups but its claim. */
async function emptyNamespace(app: string): Promise<Volume> {
  const namespace = `${world.name}-${app}`;
  world.namespaces.push(namespace);
  await world.kubectl.apply(
    namespaceManifest(namespace, false),
    secretManifest(namespace, `${app}-volsync-secret`, world.password),
    claimManifest(namespace, 'kopia', world.sharedClass, world.repositorySize, 'ReadWriteMany'),
  );
  return { world, namespace, claim: `${app}-config`, source: `${app}-src`, destination: `${app}-dst` };
}

/** An application that starts only on the data that it expects. */
const deploymentManifest = ({ namespace, claim }: Volume, image: string, script: string): object => {
  const job = scriptJobManifest(namespace, 'reader', image, claim, script) as { spec: { template: { spec: object } } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name: 'reader' },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'reader' } },
      template: {
        metadata: { labels: { app: 'reader' } },
        spec: { ...job.spec.template.spec, restartPolicy: 'Always', terminationGracePeriodSeconds: 1 },
      },
    },
  };
};
