import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { compiledRoot } from '../../platform/project.ts';
import { scheduleId } from '../../schedules/ids.ts';
import { CONTROL_QUEUE } from '../../workflows/task-queues.ts';
import { condition, sourceManifest, statusOf, untilStatus } from '../system/declared.ts';
import { claimManifest } from '../system/objects.ts';
import { createPerson, type PersonAccount } from '../system/person-account.ts';
import { until } from '../system/until.ts';
import { runVolSyncMover, VOLSYNC_LABELS } from '../system/volsync-mover.ts';
import { createVolume, deleteClaim, leftovers, restore, treeText, type Volume } from '../system/volume.ts';
import { createWorld, type World } from '../system/world.ts';

let world: World;
let person: PersonAccount;
beforeAll(async () => {
  world = await createWorld({ name: 'adopt', platform: inject('platform'), stowageImage: inject('stowageImage') });
  person = await createPerson(world);
}, 180_000);
afterAll(async () => {
  await person?.remove();
  await world?.close();
}, 120_000);

/** The command line as people have it, against this world, with the rights that the documentation asks for. */
async function stowage(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const {
    exitCode = -1,
    stdout,
    stderr,
  } = await execa(process.execPath, [join(compiledRoot(), 'cli/main.js'), ...args], {
    env: {
      PATH: process.env.PATH,
      HOME: world.directory,
      KUBECONFIG: person.kubeconfig,
      STOWAGE_TEMPORAL_ADDRESS: world.platform.temporal.address,
      STOWAGE_TEMPORAL_NAMESPACE: world.client.options.namespace,
    },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });
  return { exitCode, stdout, stderr };
}

/** Bytes of data packs; contents of files lie there and nowhere else. */
async function packBytes(): Promise<number> {
  const names = (await readdir(world.repositoryPath, { recursive: true })).filter(
    (name) => /(^|\/)p[^/]*\.f$/.test(name) || /\/p\/.*\.f$/.test(name),
  );
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(world.repositoryPath, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** A source with VolSync's status. Marked as released until that stands, so that nobody acts on it in between. */
async function declareAsVolSync(volume: Volume): Promise<void> {
  const { namespace, source } = volume;
  const manifest = sourceManifest(volume, { repositoryPVC: 'kopia' });
  const held = { ...(manifest.metadata as object), annotations: { 'stowage.dev/control': 'released' } };
  await world.kubectl.apply({ ...manifest, metadata: held });
  const status = {
    lastSyncTime: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    lastSyncDuration: '12.5s',
    latestMoverStatus: { result: 'Successful', logs: 'snapshot done' },
    conditions: [
      {
        ...{ type: 'Synchronizing', status: 'False', reason: 'WaitingForSchedule' },
        ...{ message: 'Waiting for next scheduled synchronization', lastTransitionTime: '2026-11-01T00:00:00Z' },
      },
    ],
  };
  const patch = ['patch', 'replicationsources.volsync.backube', source, '-n', namespace, '--type=merge'];
  await world.kubectl.run(...patch, '--subresource=status', '-p', JSON.stringify({ status }));
  await world.kubectl.run(
    'annotate',
    'replicationsources.volsync.backube',
    source,
    '-n',
    namespace,
    'stowage.dev/control-',
  );
}

describe('coming from VolSync and going back', () => {
  it('keeps every snapshot, uploads nothing again, clears what VolSync left, and hands back an object that is clean', {
    timeout: 420_000,
  }, async () => {
    for (const name of await readdir(world.repositoryPath)) {
      await rm(join(world.repositoryPath, name), { recursive: true });
    }
    const volume = await createVolume(world, { app: 'emby' });
    const { namespace, source, claim } = volume;
    await runVolSyncMover(volume);
    await world.kubectl.apply(
      {
        apiVersion: 'snapshot.storage.k8s.io/v1',
        kind: 'VolumeSnapshot',
        metadata: { namespace, name: `volsync-${source}-src`, labels: VOLSYNC_LABELS },
        spec: { source: { persistentVolumeClaimName: claim } },
      },
      {
        ...claimManifest(namespace, `volsync-src-${source}-cache`, world.platform.storageClass, '64Mi'),
        metadata: {
          ...{ namespace, name: `volsync-src-${source}-cache` },
          labels: { 'app.kubernetes.io/created-by': 'volsync' },
        },
      },
    );
    await declareAsVolSync(volume);

    const init = await world.client.workflow.execute('initRepository', {
      ...{ taskQueue: CONTROL_QUEUE, workflowId: 'init/kopia', args: [{ adopt: true }] },
    });
    expect(init).toMatchObject({ outcome: 'Adopted', path: 'repository' });
    const packs = await packBytes();
    expect(packs).toBeGreaterThan(1_000_000);

    const shown = await stowage('adopt', '-n', namespace, '--json');
    expect(shown.exitCode, shown.stderr).toBe(3);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      repository: { path: 'repository' },
      sources: [{ name: source, state: 'Ready', identity: `${source}@${namespace}:/data`, snapshots: { count: 1 } }],
    });
    const adopted = await stowage('adopt', '-n', namespace, '--yes');
    expect(adopted.exitCode, adopted.stderr).toBe(0);

    const schedule = world.client.schedule.getHandle(scheduleId(namespace, source));
    await until('the schedule', 30, async () => (await schedule.describe()).spec.calendars?.length === 1);
    const saved = await stowage('backup', claim, '-n', namespace, '--source', source, '--json');
    expect(saved.exitCode, saved.stderr + saved.stdout).toBe(0);
    const { result } = JSON.parse(saved.stdout);
    expect(result).toMatchObject({ outcome: 'Succeeded', snapshotsKept: 2, removedSnapshots: [] });
    expect(await packBytes()).toBe(packs);
    expect(result.uploadedBytes).toBeLessThan(100_000);
    expect(await leftovers(volume)).toEqual([]);
    const claims = await world.kubectl.list(namespace, 'pvc');
    expect(claims.map(({ metadata }) => metadata.name).sort()).toEqual([
      ...[claim, 'kopia', `volsync-src-${source}-cache`],
    ]);

    const status = await untilStatus(volume, 'replicationsource', (found) =>
      Boolean(condition(found, 'Protected')?.startsWith('True')),
    );
    expect(condition(status, 'FieldsHonoured')).toBeDefined();
    const covered = await stowage('coverage', '-n', namespace, '--json');
    expect(covered.exitCode, covered.stderr + covered.stdout).toBe(0);
    expect(JSON.parse(covered.stdout)).toMatchObject({ protected: 1, of: 1 });
    const planned = await stowage('plan', '-n', namespace, '--json');
    expect(planned.exitCode, planned.stderr + planned.stdout).toBe(0);

    const released = await stowage('release', '-n', namespace, '--yes');
    expect(released.exitCode, released.stderr).toBe(0);
    await until('the schedule to go', 30, async () =>
      schedule.describe().then(
        () => false,
        () => true,
      ),
    );
    const text = await world.kubectl.run(
      ...['get', 'replicationsources.volsync.backube', source, '-n', namespace, '-o', 'json', '--show-managed-fields'],
    );
    const object = JSON.parse(text);
    expect(object.status.conditions.map(({ type }: { type: string }) => type)).toEqual(['Synchronizing']);
    expect(object.status.lastSyncTime).toBe(status.lastSyncTime);
    const managers = object.metadata.managedFields.map(({ manager }: { manager: string }) => manager);
    expect(managers).not.toContain('stowage');
    expect(managers).not.toContain('stowage-run');

    // VolSync's operator writes its whole status back, and nobody objects or writes over it.
    object.status = { ...object.status, lastSyncDuration: '9s' };
    await execa(
      world.platform.tools.kubectl!,
      [...['--kubeconfig', world.platform.kubeconfig, 'replace', '--subresource=status', '-f', '-']],
      { input: JSON.stringify(object) },
    );
    expect(await statusOf(volume, 'replicationsource', source)).toMatchObject({
      lastSyncDuration: '9s',
    });

    const before = await treeText(volume);
    await deleteClaim(volume);
    expect(await restore(volume, { capacity: '256Mi' })).toMatchObject({ outcome: 'Restored' });
    expect(await treeText(volume)).toBe(before);
  });
});
