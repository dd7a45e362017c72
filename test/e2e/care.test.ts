import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { DEFAULT_REPOSITORY_SECRET } from '../../api/kopia-repository.ts';
import type { RepositoryStatus } from '../../api/repository-status.ts';
import {
  MAINTAIN_REPOSITORY,
  type MaintenanceResult,
  VERIFY_REPOSITORY,
  type VerificationResult,
} from '../../workflows/care/contract.ts';
import { CONTROL_QUEUE } from '../../workflows/task-queues.ts';
import { failureOf } from '../system/failures.ts';
import { secretManifest } from '../system/objects.ts';
import { until } from '../system/until.ts';
import { backup, createVolume } from '../system/volume.ts';
import { createWorld, type World } from '../system/world.ts';

let world: World;
let stowage: string;
beforeAll(async () => {
  world = await createWorld({ name: 'care', platform: inject('platform'), stowageImage: inject('stowageImage') });
  stowage = `stowage-${world.name}`;
  await world.kubectl.apply(secretManifest(stowage, DEFAULT_REPOSITORY_SECRET, world.password), {
    apiVersion: 'stowage.dev/v1alpha1',
    kind: 'KopiaRepository',
    metadata: { namespace: stowage, name: 'kopia' },
    spec: { maintenance: { fullSchedule: '37 2 * * *' } },
  });
}, 180_000);
afterAll(() => world?.close(), 120_000);

async function status(): Promise<RepositoryStatus> {
  const text = await world.kubectl.run('get', 'kopiarepository', 'kopia', '-n', stowage, '-o', 'json');
  return (JSON.parse(text) as { status?: RepositoryStatus }).status ?? {};
}

const maintain = (mode: 'Quick' | 'Full'): Promise<MaintenanceResult> =>
  world.client.workflow.execute(MAINTAIN_REPOSITORY, {
    taskQueue: CONTROL_QUEUE,
    workflowId: `maintain/test/${mode}`,
    args: [{ mode }],
  }) as Promise<MaintenanceResult>;

const verify = (mode: 'Quick' | 'Deep', parts = 1): Promise<VerificationResult> =>
  world.client.workflow.execute(VERIFY_REPOSITORY, {
    taskQueue: CONTROL_QUEUE,
    workflowId: `verify/test/${mode}`,
    args: [{ mode, parts }],
  }) as Promise<VerificationResult>;

/** The blob whose byte was flipped: the largest pack of data, in its middle. */
async function flipByteOfPack(repository: string): Promise<string> {
  const files = (await readdir(repository, { recursive: true })).filter((name) => /^p.*\/.*\.f$/.test(name));
  const sized = await Promise.all(
    files.map(async (name) => ({ name, size: (await stat(join(repository, name))).size })),
  );
  const { name, size } = sized.sort((a, b) => b.size - a.size)[0]!;
  const file = await open(join(repository, name), 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, Math.floor(size / 2));
  await file.write(Buffer.from([byte[0]! ^ 0x5a]), 0, 1, Math.floor(size / 2));
  await file.close();
  return name.replace(/\.f$/, '').replaceAll('/', '');
}

/** Asks the repository with Kopia itself, past all of our code. */
async function kopia(...args: string[]): Promise<string> {
  const env = {
    PATH: process.env.PATH,
    HOME: world.directory,
    KOPIA_CONFIG_PATH: `${world.directory}/witness.config`,
    KOPIA_PASSWORD: world.password,
    KOPIA_CHECK_FOR_UPDATES: 'false',
  };
  const connect = ['repository', 'connect', 'filesystem', '--readonly', `--path=${world.repositoryPath}`];
  await execa(world.platform.tools.kopia!, connect, { env, extendEnv: false });
  return (await execa(world.platform.tools.kopia!, args, { env, extendEnv: false })).stdout;
}

describe('a declared repository', () => {
  it('gets its schedules, and says that it is understood', { timeout: 60_000 }, async () => {
    const ids = async () => {
      const found: string[] = [];
      for await (const { scheduleId } of world.client.schedule.list()) found.push(scheduleId);
      return found.sort();
    };
    await until('the schedules of care', 30, async () => (await ids()).includes(`maintain-full/${stowage}/kopia`));
    expect((await status()).conditions?.find(({ type }) => type === 'Accepted')).toMatchObject({ status: 'True' });
  });

  it('is maintained by a Job that Kopia itself confirms, and nothing of it is left', { timeout: 180_000 }, async () => {
    await backup(await createVolume(world, { app: 'kept' }));
    const result = await maintain('Full');
    expect(result).toMatchObject({ outcome: 'Succeeded', content: { identities: 1, snapshots: 1 } });
    // Whoever created it owned it until now; from now on the owner is the one that VolSync would take as well.
    const info = JSON.parse(await kopia('maintenance', 'info', '--json')) as {
      owner: string;
      schedule: { runs: Record<string, { success: boolean }[]> };
    };
    expect(info.owner).toBe('maintenance@volsync');
    expect(info.schedule.runs['snapshot-gc']?.[0]?.success).toBe(true);
    const { care, content, conditions } = await status();
    expect(care?.fullMaintenance).toMatchObject({
      lastResult: 'Successful',
      nextTime: expect.stringMatching(/T02:37/),
    });
    expect(content?.storedBytes).toBeGreaterThan(0);
    expect(conditions?.find(({ type }) => type === 'Healthy')).toBeDefined();
    expect(await world.kubectl.list(stowage, 'jobs')).toEqual([]);
    const events = await world.kubectl.run('get', 'events', '-n', stowage, '-o', 'jsonpath={.items[*].reason}');
    expect(events).toContain('CareSucceeded');
  });

  it('is maintained twice in a row, each time proven anew', { timeout: 120_000 }, async () => {
    expect(await maintain('Quick')).toMatchObject({ outcome: 'Succeeded' });
    expect(await maintain('Quick')).toMatchObject({ outcome: 'Succeeded' });
  });

  it('is verified in part after part, and a flipped byte is named with the application it touches', {
    timeout: 300_000,
  }, async () => {
    expect(await verify('Quick')).toMatchObject({ outcome: 'Succeeded', verified: { report: { mode: 'quick' } } });
    expect(await verify('Deep', 2)).toMatchObject({ verified: { report: { part: { index: 0, of: 2 } } } });
    expect(await verify('Deep', 2)).toMatchObject({ verified: { report: { part: { index: 1, of: 2 } } } });
    expect((await status()).verification).toMatchObject({ parts: 2, nextPart: 0, allReadTime: expect.any(String) });

    const pack = await flipByteOfPack(world.repositoryPath);
    expect(await failureOf(verify('Deep', 1))).toMatchObject({ type: 'RepositoryCorrupt' });
    const { damage, care, conditions } = await status();
    expect(damage).toMatchObject([
      { found: '1 of 1', identities: [expect.stringContaining('kept-src@')], blobs: [pack] },
    ]);
    expect(care?.deepVerification).toMatchObject({ lastResult: 'Failed', message: expect.stringContaining(pack) });
    await until(
      'the repository to be unhealthy',
      30,
      async () =>
        conditions?.some(({ type, status: is }) => type === 'Healthy' && is === 'False') ||
        (await status()).conditions?.some(({ type, status: is }) => type === 'Healthy' && is === 'False'),
    );
    expect(await world.kubectl.list(stowage, 'jobs')).toEqual([]);
  });
});
