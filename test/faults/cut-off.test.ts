import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { failureOf } from '../system/failures.ts';
import { objectSeen } from '../system/moments.ts';
import {
  backup,
  createVolume,
  deleteClaim,
  leftovers,
  restore,
  snapshotsOf,
  startBackup,
  type Volume,
} from '../system/volume.ts';
import { createWorld, type World } from '../system/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld({ name: 'cut', platform: inject('platform'), stowageImage: inject('stowageImage') });
}, 180_000);
afterAll(() => world?.close(), 120_000);

/** Large enough that Kopia is still at work when the fault comes. */
const LARGE = 'head -c 600000000 /dev/urandom > /data/large';

const running = ({ status }: { status?: Record<string, unknown> }): boolean => status?.phase === 'Running';
const moverOf = (volume: Volume) => [
  '-n',
  volume.namespace,
  '-l',
  `volsync.backube/replication-source=${volume.source}`,
];

describe('a mover that is cut off', () => {
  it('by deleting its pod: the incomplete snapshot does not count, the run backs up again, and restore takes the whole one', {
    timeout: 240_000,
  }, async () => {
    const volume = await createVolume(world, { app: 'deleted', fill: LARGE, storage: '1Gi' });
    const handle = await startBackup(volume, { copyMethod: 'Direct' });
    await objectSeen(volume, 'pods', running);
    await world.kubectl.run('delete', 'pod', ...moverOf(volume), '--wait=false');
    const result = (await handle.result()) as { outcome: string; snapshotId: string; bytes: number };
    expect(result).toMatchObject({ outcome: 'Succeeded', bytes: 600_000_000 });
    expect(await leftovers(volume)).toEqual([]);

    const whole = (await snapshotsOf(volume)).filter(({ incomplete }) => !incomplete);
    expect(whole.map(({ id }) => id)).toEqual([result.snapshotId]);
    await deleteClaim(volume);
    expect(await restore(volume)).toMatchObject({
      outcome: 'Restored',
      snapshotId: result.snapshotId,
      bytes: 600_000_000,
    });
  });

  it('by an eviction: it runs again and succeeds', { timeout: 240_000 }, async () => {
    const volume = await createVolume(world, { app: 'evicted', fill: LARGE, storage: '1Gi' });
    const handle = await startBackup(volume, { copyMethod: 'Direct' });
    await objectSeen(volume, 'pods', running);
    const [pod] = await world.kubectl.list(volume.namespace, 'pods', ...moverOf(volume).slice(2));
    const eviction = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: pod!.metadata.name, namespace: volume.namespace },
    };
    await evict(eviction);
    expect(await handle.result()).toMatchObject({ outcome: 'Succeeded', bytes: 600_000_000 });
    expect(await leftovers(volume)).toEqual([]);
  });

  it('by unreadable files: SnapshotIncomplete names them, it is recorded on the claim, and a restore does not take it', {
    timeout: 120_000,
  }, async () => {
    const volume = await createVolume(world, { app: 'unread' });
    const asMover = { moverSecurityContext: { runAsUser: 2000, runAsGroup: 1000, fsGroup: 1000, runAsNonRoot: true } };
    await backup(volume, asMover);
    // Owned by the application, and not readable by the mover, which runs as another user.
    await expect(backupAs(volume, 2000)).resolves.toMatchObject({
      type: 'SnapshotIncomplete',
      message: expect.stringContaining('private'),
    });
    const [claim] = await world.kubectl.list(
      volume.namespace,
      'pvc',
      '--field-selector',
      `metadata.name=${volume.claim}`,
    );
    expect(claim?.metadata.annotations?.['stowage.dev/last-failure']).toContain('SnapshotIncomplete');
    expect(await leftovers(volume)).toEqual([]);
  });

  it('by deleting the claim in the middle: the run ends typed or whole, and leaves nothing', {
    timeout: 120_000,
  }, async () => {
    const volume = await createVolume(world, { app: 'gone' });
    const handle = await startBackup(volume);
    await objectSeen(volume, 'volumesnapshots');
    await deleteClaim(volume);
    const ended = await handle.result().then(
      () => 'Succeeded',
      async () => (await failureOf(handle.result())).type,
    );
    expect(['Succeeded', 'SourceMissing', 'VolumeSnapshotFailed', 'ProvisioningFailed']).toContain(ended);
    expect(await leftovers(volume)).toEqual([]);
  });
});

/** The Eviction API, as a drain uses it. */
async function evict(eviction: { metadata: { name: string; namespace: string } }): Promise<void> {
  const path = `/api/v1/namespaces/${eviction.metadata.namespace}/pods/${eviction.metadata.name}/eviction`;
  const { execa } = await import('execa');
  const { kubectl } = world.platform.tools;
  await execa(kubectl!, ['--kubeconfig', world.platform.kubeconfig, 'create', '--raw', path, '-f', '-'], {
    input: JSON.stringify(eviction),
  });
}

async function backupAs(volume: Volume, uid: number): Promise<{ type: string; message: string }> {
  const { runScript } = await import('../system/volume.ts');
  await runScript(volume, 'echo x > /data/private; chmod 600 /data/private');
  const moverSecurityContext = { runAsUser: uid, runAsGroup: 1000, fsGroup: 1000, runAsNonRoot: true };
  return await failureOf(backup(volume, { moverSecurityContext }));
}
