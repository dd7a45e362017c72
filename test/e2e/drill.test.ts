import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { DrillRecord } from '../../api/drill-record.ts';
import { drillCheckJobName } from '../../api/names.ts';
import { openDrills } from '../../cli/cluster/drills.ts';
import { drill, drillsOf, startDrill } from '../system/drill.ts';
import { failureOf } from '../system/failures.ts';
import { until } from '../system/until.ts';
import { backup, createVolume, deleteClaim, leftovers, runScript, treeText, type Volume } from '../system/volume.ts';
import { createWorld, type World } from '../system/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld({ name: 'drill', platform: inject('platform'), stowageImage: inject('stowageImage') });
}, 180_000);
afterAll(() => world?.close(), 120_000);

const DATABASE = `sqlite3 /data/app.db 'pragma journal_mode=wal; create table t (n integer primary key, x text);
  with recursive c(n) as (select 1 union all select n + 1 from c where n < 5000) insert into t select n, hex(randomblob(50)) from c;'
echo note > /data/note`;

/** What a person would name: SQLite opens the copy (which writes beside it) and looks at every page. */
const integrity = (database = 'app.db') => ({
  image: world.platform.images.app,
  command: [
    'sh',
    '-c',
    `test -f /data/${database} && sqlite3 /data/${database} 'pragma integrity_check' | tee /dev/stderr | grep -qx ok`,
  ],
});

/** What `stowage drills` reads. */
async function asAPersonSees({ namespace }: Volume): Promise<DrillRecord[]> {
  const config = new KubeConfig();
  config.loadFromFile(world.platform.kubeconfig);
  const histories = await openDrills(config).drills(world.namespaces[0]!);
  return histories.flat().filter((one) => one.namespace === namespace);
}

const uidOf = ({ namespace, claim }: Volume): Promise<string> =>
  world.kubectl.run('get', 'pvc', claim, '-n', namespace, '-o', 'jsonpath={.metadata.uid}/{.spec.volumeName}');

describe('a drill', () => {
  it('proves with SQLite that the application can come back, and touches nothing of it', async () => {
    const volume = await createVolume(world, { app: 'notes', fill: DATABASE });
    const saved = await backup(volume);
    await runScript(volume, 'echo "written after the backup" > /data/note');
    const before = { uid: await uidOf(volume), tree: await treeText(volume) };

    const found = await drill(volume, { check: integrity() });
    expect(found).toMatchObject({
      ...{ outcome: 'Passed', snapshotId: saved.snapshotId, files: saved.files, bytes: saved.bytes },
      ...{ contentsCompared: saved.files, check: { image: world.platform.images.app, log: ['ok'] } },
    });
    expect(found.restoreSeconds).toBeGreaterThan(0);
    expect(found.dataAgeSeconds).toBeGreaterThan(0);

    expect({ uid: await uidOf(volume), tree: await treeText(volume) }).toEqual(before);
    expect(await leftovers(volume)).toEqual([]);
    const [remembered] = await drillsOf(volume);
    expect(await asAPersonSees(volume)).toEqual([remembered]);
    expect(remembered).toMatchObject({ outcome: 'Passed', runId: found.runId, restoreSeconds: found.restoreSeconds });
  });

  it('of an application whose claim is lost shows that it can come back, and does not bring it back', async () => {
    const volume = await createVolume(world, { app: 'lost' });
    await backup(volume);
    await deleteClaim(volume);
    expect(await drill(volume)).toMatchObject({ outcome: 'Passed' });
    expect(await leftovers(volume)).toEqual([]);
  });

  it('whose check finds the data bad is CheckFailed, with what the check said', async () => {
    const volume = await createVolume(world, {
      app: 'bad',
      fill: `${DATABASE}\nsqlite3 /data/app.db 'pragma wal_checkpoint(truncate)'\nprintf garbage-garbage-garbage | dd of=/data/app.db bs=1 seek=12345 conv=notrunc`,
    });
    await backup(volume);
    const failure = await failureOf(drill(volume, { check: integrity() }));
    expect(failure).toMatchObject({ type: 'CheckFailed', message: expect.stringMatching(/tree|page|malformed/i) });
    expect(await leftovers(volume)).toEqual([]);
    // It came back as it was saved: the restore itself is measured.
    const [remembered] = await drillsOf(volume);
    expect(remembered).toMatchObject({ outcome: 'Failed', failure: { type: 'CheckFailed' } });
    expect(remembered?.restoreSeconds).toBeGreaterThan(0);
  });

  it('whose check does not end is stopped at its time limit', async () => {
    const volume = await createVolume(world, { app: 'slow' });
    await backup(volume);
    const check = {
      image: world.platform.images.app,
      command: ['sh', '-c', 'echo begins; sleep 3600'],
      timeoutSeconds: 5,
    };
    const failure = await failureOf(drill(volume, { check }));
    expect(failure).toMatchObject({ type: 'CheckFailed', message: expect.stringContaining('did not end within 5 s') });
    expect(await leftovers(volume)).toEqual([]);
  });

  it('that was terminated in its check leaves nothing to the next one', async () => {
    const volume = await createVolume(world, { app: 'ended' });
    await backup(volume);
    const check = { image: world.platform.images.app, command: ['sh', '-c', 'sleep 3600'] };
    const handle = await startDrill(volume, { check });
    await until('the check', 60, async () => {
      const job = drillCheckJobName(volume.source);
      const active = [
        'get',
        'job',
        job,
        '-n',
        volume.namespace,
        '--ignore-not-found',
        '-o',
        'jsonpath={.status.ready}',
      ];
      return (await world.kubectl.run(...active)) === '1';
    });
    await handle.terminate('a person did');
    expect(await leftovers(volume)).not.toEqual([]);
    expect(await drill(volume)).toMatchObject({ outcome: 'Passed' });
    expect(await leftovers(volume)).toEqual([]);
  });

  it('of a repository with a flipped byte is not green', async () => {
    const volume = await createVolume(world, { app: 'flip', fill: 'head -c 4000000 /dev/urandom > /data/noise' });
    await backup(volume);
    expect(await drill(volume)).toMatchObject({ outcome: 'Passed' });
    await flipLargestPack(world.repositoryPath);
    const failure = await failureOf(drill(volume, { check: { ...integrity(), command: ['true'] } }));
    expect(['RestoreMismatch', 'RepositoryCorrupt']).toContain(failure.type);
    expect(await leftovers(volume)).toEqual([]);
    const drills = await drillsOf(volume);
    expect(drills.map(({ outcome }) => outcome)).toEqual(['Failed', 'Passed']);
  });
});

/** One bit in the middle of the newest large pack, where file contents are. */
async function flipLargestPack(repository: string): Promise<void> {
  const names = await readdir(repository, { recursive: true });
  const packs = await Promise.all(
    names
      .filter((name) => /(^|\/)p[0-9a-f]*\/.*\.f$/.test(name))
      .map(async (name) => {
        const path = join(repository, name);
        const file = await open(path);
        const { size, mtimeMs } = await file.stat().finally(() => file.close());
        return { path, size, mtimeMs };
      }),
  );
  const newest = packs.filter(({ size }) => size > 2_000_000).sort((a, b) => b.mtimeMs - a.mtimeMs)[0];
  if (!newest) throw new Error('the repository has no large pack');
  const file = await open(newest.path, 'r+');
  try {
    const byte = Buffer.alloc(1);
    const position = Math.floor(newest.size / 2);
    await file.read(byte, 0, 1, position);
    byte[0] = byte[0]! ^ 1;
    await file.write(byte, 0, 1, position);
  } finally {
    await file.close();
  }
}
