import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type S3Server, startS3Server } from '../../platform/servers/s3-server.ts';
import { condition, destinationManifest, sourceManifest, untilStatus } from '../system/declared.ts';
import { secretManifest } from '../system/objects.ts';
import { createVolume, deleteClaim, snapshotsOf, treeText, type Volume } from '../system/volume.ts';
import { createWorld, type World } from '../system/world.ts';

const BUCKET = 'volsync';

let server: S3Server;
let world: World;

/** What lies in the bucket, without what the server itself keeps there. */
const prefixes = (): string[] => readdirSync(join(server.directory, BUCKET)).filter((name) => !name.startsWith('.'));

beforeAll(async () => {
  const platform = inject('platform');
  server = await startS3Server({ host: platform.nodeAddress });
  await server.createBucket(BUCKET);
  const { KOPIA_PASSWORD: _, ...objectStore } = server.secretValues({ bucket: BUCKET, prefix: 'cluster' }, '');
  world = await createWorld({ name: 's3', platform, stowageImage: inject('stowageImage'), objectStore });
}, 240_000);
afterAll(async () => {
  await world?.close();
  await server?.stop();
}, 120_000);

/** Everything that anybody may read: Jobs, pods, events, records and what is declared, collected while runs go on. */
async function readableObjects({ kubectl, namespaces }: World): Promise<string> {
  const kinds = 'jobs,pods,events,configmaps,persistentvolumeclaims,replicationsources,replicationdestinations';
  const texts = namespaces.map((namespace) => kubectl.run('get', kinds, '-n', namespace, '-o', 'json'));
  return (await Promise.all(texts)).join('\n');
}

/** The argv of every process of this machine, pods included. */
const commandLines = (): string =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    })
    .join('\n');

/** Every history as text, and what each payload in it holds. */
async function histories({ client }: World): Promise<string> {
  const texts: string[] = [];
  for await (const { workflowId, runId } of client.workflow.list()) {
    texts.push(JSON.stringify(await client.workflow.getHandle(workflowId, runId).fetchHistory()));
  }
  return texts.flatMap((text) => [text, ...payloads(text)]).join('\n');
}

/** Bytes are base64 in a history. */
const payloads = (text: string): string[] =>
  [...text.matchAll(/"data":"([A-Za-z0-9+/=]+)"/g)].map(([, data]) => Buffer.from(data!, 'base64').toString('utf8'));

const logs = ({ directory }: World): string =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.log'))
    .map((name) => readFileSync(join(directory, name), 'utf8'))
    .join('\n');

describe('a repository in an object store', () => {
  let volume: Volume;
  const seen: string[] = [];

  it('is backed up into by itself, and a lost claim comes back from it, every file the same', {
    timeout: 240_000,
  }, async () => {
    volume = await createVolume(world, { app: 'emby' });
    const watching = new AbortController();
    const every = async (milliseconds: number, look: () => string | Promise<string>): Promise<void> => {
      while (!watching.signal.aborted) {
        seen.push(await look());
        await new Promise((resolve) => setTimeout(resolve, milliseconds));
      }
    };
    const watched = Promise.all([every(300, () => readableObjects(world)), every(100, commandLines)]);
    try {
      await world.kubectl.apply(sourceManifest(volume), destinationManifest(volume));
      const source = await untilStatus(volume, 'replicationsource', (status) => Boolean(status.lastSyncTime), 120);
      expect(source.latestMoverStatus?.result).toBe('Successful');
      expect(await snapshotsOf(volume)).toHaveLength(1);
      await untilStatus(volume, 'replicationdestination', (status) => status.lastManualSync === 'restore-once');

      const before = await treeText(volume);
      await deleteClaim(volume);
      await untilStatus(
        volume,
        'replicationdestination',
        (status) => Boolean(condition(status, 'Restored')?.startsWith('True/Restored')),
        120,
      );
      expect(await treeText(volume)).toBe(before);
    } finally {
      watching.abort();
      await watched;
    }
    // It lies where the Secret says, and nowhere else.
    expect(prefixes()).toEqual(['cluster']);
    expect(readdirSync(join(server.directory, BUCKET, 'cluster'))).toContain('kopia.repository');
  });

  it('has its keys in no object, argv, history or log', { timeout: 60_000 }, async () => {
    const [objects, history] = [[...seen, await readableObjects(world)].join('\n'), await histories(world)];
    // What was looked at is what is meant: names of the keys and the place stand there.
    expect(objects).toContain('AWS_SECRET_ACCESS_KEY');
    expect(objects).toContain('workers/main.js\0repository');
    expect(history).toContain(`"location":"s3://${BUCKET}/cluster/"`);
    const everywhere = [objects, history, logs(world)].join('\n');
    for (const secret of [server.accessKeyId, server.secretAccessKey, world.password]) {
      expect(everywhere.includes(secret)).toBe(false);
      expect(everywhere.includes(Buffer.from(secret).toString('base64'))).toBe(false);
    }
  });

  it('is not backed up into by a Secret that means another place, and that is told', { timeout: 120_000 }, async () => {
    const other = await createVolume(world, { app: 'other' });
    const place = { ...world.objectStore, KOPIA_REPOSITORY: `s3://${BUCKET}/elsewhere` };
    await world.kubectl.apply(secretManifest(other.namespace, 'other-volsync-secret', world.password, place));
    await world.kubectl.apply(sourceManifest(other));
    const status = await untilStatus(other, 'replicationsource', (found) =>
      Boolean(condition(found, 'Protected')?.includes('RepositoryChanged')),
    );
    expect(condition(status, 'Protected')).toContain(`s3://${BUCKET}/elsewhere/`);
    expect(prefixes()).toEqual(['cluster']);
  });

  it('says which key of a Secret is wrong, and goes on by itself when it was corrected', {
    timeout: 120_000,
  }, async () => {
    const typo = await createVolume(world, { app: 'typo' });
    const place = { ...world.objectStore, KOPIA_REPOSITORY: 's4://volsync' };
    await world.kubectl.apply(secretManifest(typo.namespace, 'typo-volsync-secret', world.password, place));
    await world.kubectl.apply(sourceManifest(typo));
    await untilStatus(typo, 'replicationsource', (status) =>
      Boolean(condition(status, 'Protected')?.includes('KOPIA_REPOSITORY')),
    );
    await world.kubectl.apply(secretManifest(typo.namespace, 'typo-volsync-secret', world.password, world.objectStore));
    await untilStatus(typo, 'replicationsource', (status) => Boolean(status.lastSyncTime), 90);
  });
});
