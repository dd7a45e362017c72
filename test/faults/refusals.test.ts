import { mkdir, readdir, rm } from 'node:fs/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { attemptsOf, failureOf } from '../system/failures.ts';
import {
  backup,
  claimExists,
  createVolume,
  deleteClaim,
  leftovers,
  restore,
  snapshotsOf,
  startBackup,
  treeText,
} from '../system/volume.ts';
import { createWorld, type World } from '../system/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld({ name: 'refuse', platform: inject('platform'), stowageImage: inject('stowageImage') });
}, 180_000);
afterAll(() => world?.close(), 120_000);

describe('what can not be done is refused, and nothing is touched', () => {
  it('a wrong password: one attempt of the mover, WrongPassword, no password in the message', async () => {
    const volume = await createVolume(world, { app: 'password', password: 'canary-wrong-password' });
    const handle = await startBackup(volume);
    const failure = await failureOf(handle.result());
    expect(failure.type).toBe('WrongPassword');
    expect(failure.message).not.toContain('canary');
    expect(await attemptsOf(handle, 'runBackupMover')).toBe(1);
    expect(await leftovers(volume)).toEqual([]);
  });

  it('a Secret without its key: SecretInvalid names key and Secret before any pod', async () => {
    const volume = await createVolume(world, { app: 'secret' });
    await world.kubectl.run(
      'patch',
      'secret',
      'secret-volsync-secret',
      '-n',
      volume.namespace,
      '--type=json',
      '-p',
      '[{"op":"remove","path":"/data/KOPIA_PASSWORD"}]',
    );
    const failure = await failureOf(backup(volume));
    expect(failure).toMatchObject({ type: 'SecretInvalid', message: expect.stringContaining('KOPIA_PASSWORD') });
    expect(failure.message).toContain('secret-volsync-secret');
    expect(await leftovers(volume)).toEqual([]);
  });

  it('a snapshot class that does not exist: VolumeSnapshotFailed names it', async () => {
    const volume = await createVolume(world, { app: 'class' });
    const failure = await failureOf(
      backup(volume, { volumeSnapshotClassName: 'no-such-class', startDeadlineSeconds: 30 }),
    );
    expect(failure).toMatchObject({ type: 'VolumeSnapshotFailed', message: expect.stringContaining('no-such-class') });
    expect(await leftovers(volume)).toEqual([]);
  });

  it('a claim that does not exist: SourceMissing names it', async () => {
    const volume = await createVolume(world, { app: 'missing' });
    await deleteClaim(volume);
    expect(await failureOf(backup(volume))).toMatchObject({
      type: 'SourceMissing',
      message: expect.stringContaining('missing-config'),
    });
  });

  it('a restore without any snapshot: SnapshotNotFound, and no claim appears', async () => {
    const volume = await createVolume(world, { app: 'nothing' });
    await deleteClaim(volume);
    expect((await failureOf(restore(volume))).type).toBe('SnapshotNotFound');
    expect(await claimExists(volume)).toBe(false);
    expect(await leftovers(volume)).toEqual([]);
  });

  it('a restore into a claim that exists: nothing is touched, and the result says so', async () => {
    const volume = await createVolume(world, { app: 'exists' });
    await backup(volume);
    const before = await treeText(volume);
    const result = await restore(volume);
    expect(result.outcome).toBe('TargetExists');
    expect(await treeText(volume)).toBe(before);
    expect(await leftovers(volume)).toEqual([]);
  });

  it('a repository folder that is empty: RepositoryNotFound for backup and restore, and nothing is created in it', async () => {
    const volume = await createVolume(world, { app: 'wiped' });
    await backup(volume);
    const away = `${world.repositoryPath}-away`;
    await mkdir(away);
    // The folder itself is the mount that the pods see: only what is in it goes.
    await moveAll(world.repositoryPath, away);
    try {
      expect((await failureOf(backup(volume))).type).toBe('RepositoryNotFound');
      await deleteClaim(volume);
      expect((await failureOf(restore(volume, { whenNoSnapshot: 'Empty', capacity: '256Mi' }))).type).toBe(
        'RepositoryNotFound',
      );
      expect(await claimExists(volume)).toBe(false);
      expect(await readdir(world.repositoryPath)).toEqual([]);
    } finally {
      await moveAll(away, world.repositoryPath);
      await rm(away, { recursive: true });
    }
    expect(await snapshotsOf(volume)).toHaveLength(1);
    expect(await leftovers(volume)).toEqual([]);
  });

  it('input that a person mistyped: InvalidInput names field and value', async () => {
    const volume = await createVolume(world, { app: 'typo', fill: 'true' });
    const failure = await failureOf(backup(volume, { copyMethod: 'snapshot' as never }));
    expect(failure).toMatchObject({ type: 'InvalidInput', message: expect.stringMatching(/copyMethod.*"snapshot"/) });
  });
});

/** By `mv`: the folder is a subvolume of its own, out of which a plain rename does not lead. */
async function moveAll(from: string, to: string): Promise<void> {
  const names = await readdir(from);
  await execa('mv', ['--target-directory', to, '--', ...names.map((name) => `${from}/${name}`)]);
}
