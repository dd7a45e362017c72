import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { failureOf } from '../system/failures.ts';
import {
  backup,
  createVolume,
  deleteClaim,
  leftovers,
  restore,
  runScript,
  snapshotsOf,
  startBackup,
  treeText,
} from '../system/volume.ts';
import { createWorld, type World } from '../system/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld({ name: 'main', platform: inject('platform'), stowageImage: inject('stowageImage') });
}, 180_000);
afterAll(() => world?.close(), 120_000);

/** Asks the repository with Kopia itself, past all of our code. */
async function kopia(...args: string[]): Promise<string> {
  const environment = {
    PATH: process.env.PATH,
    HOME: world.directory,
    KOPIA_CONFIG_PATH: `${world.directory}/witness.config`,
    KOPIA_CACHE_DIRECTORY: `${world.directory}/witness-cache`,
    KOPIA_PASSWORD: world.password,
    KOPIA_CHECK_FOR_UPDATES: 'false',
  };
  const options = { env: environment, extendEnv: false } as const;
  await execa(
    world.platform.tools.kopia!,
    ['repository', 'connect', 'filesystem', '--readonly', `--path=${world.repositoryPath}`],
    options,
  );
  return (await execa(world.platform.tools.kopia!, args, options)).stdout;
}

describe('the main job', () => {
  it('a volume is backed up, lost, and comes back the same; its claim says from where', {
    timeout: 180_000,
  }, async () => {
    const volume = await createVolume(world, { app: 'first' });
    const saved = await backup(volume);
    expect(saved).toMatchObject({
      outcome: 'Succeeded',
      unreadableFiles: 0,
      identity: `first-src@${volume.namespace}:/data`,
    });
    const before = await treeText(volume);
    await deleteClaim(volume);

    const restored = await restore(volume);
    expect(restored).toMatchObject({
      outcome: 'Restored',
      snapshotId: saved.snapshotId,
      files: saved.files,
      bytes: saved.bytes,
    });
    expect(await treeText(volume)).toBe(before);
    const [claim] = await world.kubectl.list(
      volume.namespace,
      'pvc',
      '--field-selector',
      `metadata.name=${volume.claim}`,
    );
    expect(claim?.metadata.annotations?.['stowage.dev/restored-from-snapshot']).toBe(saved.snapshotId);
    expect(await leftovers(volume)).toEqual([]);
  });

  it('a second disaster restores again, from the newest snapshot then', { timeout: 180_000 }, async () => {
    const volume = await createVolume(world, { app: 'twice' });
    await backup(volume);
    await deleteClaim(volume);
    await restore(volume);
    await runScript(volume, 'echo newer > /data/newer');
    const newer = await backup(volume);
    await deleteClaim(volume);
    expect(await restore(volume)).toMatchObject({ outcome: 'Restored', snapshotId: newer.snapshotId });
    expect(await runScript(volume, 'cat /data/newer')).toContain('newer');
  });

  it('every copy method gives the same snapshot; one without change uploads next to nothing', {
    timeout: 240_000,
  }, async () => {
    const volume = await createVolume(world, { app: 'methods' });
    const first = await backup(volume, { copyMethod: 'Snapshot' });
    for (const copyMethod of ['Snapshot', 'Clone', 'Direct'] as const) {
      const again = await backup(volume, { copyMethod });
      expect(again, copyMethod).toMatchObject({
        files: first.files,
        bytes: first.bytes,
        directories: first.directories,
      });
      if (again.uploadedBytes !== undefined) expect(again.uploadedBytes).toBeLessThan(50_000);
      expect(await leftovers(volume)).toEqual([]);
    }
  });

  it('Kopia itself shows the identity, the run and the policy: 24 hourly, 7 daily, nothing else', {
    timeout: 120_000,
  }, async () => {
    const volume = await createVolume(world, { app: 'policy' });
    const handle = await startBackup(volume);
    await handle.result();
    const { runId } = await handle.describe();
    const identity = `policy-src@${volume.namespace}:/data`;
    const listed = JSON.parse(await kopia('snapshot', 'list', identity, '--json')) as {
      tags?: Record<string, string>;
    }[];
    expect(listed).toHaveLength(1);
    expect(listed[0]?.tags?.['tag:stowage-run']).toBe(runId);
    const policy = JSON.parse(await kopia('policy', 'show', identity, '--json')) as Record<
      string,
      Record<string, unknown>
    >;
    expect(policy.retention).toMatchObject({
      keepLatest: 2,
      keepHourly: 24,
      keepDaily: 7,
      keepWeekly: 0,
      keepMonthly: 0,
      keepAnnual: 0,
    });
    expect(policy.compression).toMatchObject({ compressorName: 'zstd-fastest' });
  });

  it('retention removes what its tiers do not keep, and the result names it', { timeout: 120_000 }, async () => {
    const volume = await createVolume(world, { app: 'keep' });
    const retain = { latest: 1, hourly: 0, daily: 0 };
    const first = await backup(volume, { retain });
    const second = await backup(volume, { retain });
    // The two newest are always kept: a new one is judged by the one before it.
    expect(second).toMatchObject({ removedSnapshots: [], snapshotsKept: 2 });
    const third = await backup(volume, { retain });
    expect(third).toMatchObject({ removedSnapshots: [first.snapshotId], snapshotsKept: 2 });
    expect((await snapshotsOf(volume)).map(({ id }) => id)).toEqual([third.snapshotId, second.snapshotId]);
  });

  it('a retention that would remove existing snapshots waits for approval', { timeout: 120_000 }, async () => {
    const volume = await createVolume(world, { app: 'approve' });
    for (let i = 0; i < 3; i++) await backup(volume, { retain: { latest: 5 } });
    const tighter = { latest: 1, hourly: 0, daily: 0 };
    const refused = await failureOf(backup(volume, { retain: tighter }));
    expect(refused).toMatchObject({ type: 'Suspicious', message: expect.stringContaining('approveRetention') });
    expect(await snapshotsOf(volume)).toHaveLength(3);
    expect(await backup(volume, { retain: tighter, approveRetention: true })).toMatchObject({ snapshotsKept: 2 });
  });

  it('an earlier point is restored by time, by number, or by id', { timeout: 240_000 }, async () => {
    const volume = await createVolume(world, { app: 'points', fill: 'echo 1 > /data/n' });
    const retain = { latest: 10 };
    const first = await backup(volume, { retain });
    await runScript(volume, 'echo 2 > /data/n');
    const second = await backup(volume, { retain });
    const listed = await snapshotsOf(volume);
    const asOf = listed.find(({ id }) => id === first.snapshotId)!.endTime;
    for (const [snapshot, id] of [
      [{ previous: 1 }, first.snapshotId],
      [{ asOf }, first.snapshotId],
      [{ id: second.snapshotId }, second.snapshotId],
    ] as const) {
      await deleteClaim(volume);
      expect(await restore(volume, { snapshot })).toMatchObject({ outcome: 'Restored', snapshotId: id });
    }
  });

  it('a mover that may not set owners says how many and which; a privileged one brings them back', {
    timeout: 240_000,
  }, async () => {
    for (const privileged of [false, true]) {
      const volume = await createVolume(world, { app: privileged ? 'root' : 'plain', privileged: true, fill: 'true' });
      await runScript(volume, 'echo x > /data/file; chown 1234:4321 /data/file; chmod 4755 /data/file', 0);
      if (!privileged) {
        await world.kubectl.run('annotate', 'namespace', volume.namespace, 'volsync.backube/privileged-movers-');
      }
      await backup(volume);
      await deleteClaim(volume);
      const { comparison } = await restore(volume);
      const shown = await runScript(volume, 'stat -c "%u:%g %a" /data/file', 0);
      expect(comparison?.owners.count).toBe(privileged ? 0 : 1);
      if (privileged) expect(shown).toContain('1234:4321 4755');
      else expect(comparison?.owners.examples.join()).toContain('file');
    }
  });
});
