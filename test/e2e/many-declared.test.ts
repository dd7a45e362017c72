import { readFileSync } from 'node:fs';
import type { V1Deployment } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { type ConnectedCluster, connectCluster } from '../../activities/kubernetes/client.ts';
import type { DeclaredObject } from '../../activities/ports/cluster.ts';
import { quantityBytes } from '../../api/kubernetes-values.ts';
import { scheduleId } from '../../schedules/ids.ts';
import { inParallel } from '../../schedules/in-parallel.ts';
import { condition, destinationManifest, sourceManifest } from '../system/declared.ts';
import { claimManifest, namespaceManifest, secretManifest } from '../system/objects.ts';
import { until } from '../system/until.ts';
import type { Volume } from '../system/volume.ts';
import { createWorld, type World } from '../system/world.ts';

const COUNT = 200;
const SECRET = 'shared-volsync-secret';

/** The worker's container as it is deployed: its bounds of memory count here too. */
const deployed = (parse(readFileSync('deploy/control/deployment.yaml', 'utf8')) as V1Deployment).spec!.template.spec!
  .containers[0]!;

let world: World;
let cluster: ConnectedCluster;
let volumes: Volume[];
beforeAll(async () => {
  world = await createWorld({
    environment: Object.fromEntries((deployed.env ?? []).map(({ name, value = '' }) => [name, value])),
    name: 'many',
    platform: inject('platform'),
    stowageImage: inject('stowageImage'),
  });
  // Runs are counted here, not carried out: with nobody to move data each one stays open.
  await Promise.all([world.workers.stop('movers'), world.workers.stop('repository')]);
  cluster = connectCluster({ type: 'Kubeconfig', path: world.platform.kubeconfig });
  const namespace = `${world.name}-all`;
  world.namespaces.push(namespace);
  volumes = Array.from({ length: COUNT }, (_, index) => ({
    ...{ world, namespace, claim: `app${index}-config`, source: `app${index}-src`, destination: `app${index}-dst` },
  }));
  await world.kubectl.apply(
    namespaceManifest(namespace, false),
    secretManifest(namespace, SECRET, world.password),
    claimManifest(namespace, 'kopia', world.sharedClass, world.repositorySize, 'ReadWriteMany'),
  );
  await inParallel(volumes, 16, async ({ claim }) => {
    await cluster.create(
      'PersistentVolumeClaim',
      claimManifest(namespace, claim, world.platform.storageClass, '1Mi') as never,
    );
  });
  await until(`${COUNT} claims bound`, 240, async () => {
    const claims = await cluster.list('PersistentVolumeClaim', { namespace });
    return claims.filter(({ status }) => status?.phase === 'Bound').length === COUNT + 1;
  });
}, 400_000);
afterAll(async () => {
  if (!world) return;
  for await (const { workflowId } of world.client.workflow.list({ query: "ExecutionStatus = 'Running'" }))
    await world.client.workflow
      .getHandle(workflowId)
      .terminate('the test is over')
      .catch(() => undefined);
  cluster?.close();
  await world.close();
}, 240_000);

const objects = (): DeclaredObject[] =>
  volumes.flatMap((volume) => [
    sourceManifest(volume, { repository: SECRET, copyMethod: 'Direct' }) as DeclaredObject,
    destinationManifest(volume, { repository: SECRET }) as DeclaredObject,
  ]);

const scheduleOf = ({ namespace, source }: Volume) => world.client.schedule.getHandle(scheduleId(namespace, source));

/** How many runs there are for each source or claim, by the beginning of their ids. */
async function runCounts(type: string, idOf: (volume: Volume) => string): Promise<number[]> {
  const ids: string[] = [];
  for await (const { workflowId } of world.client.workflow.list({ query: `WorkflowType = '${type}'` }))
    ids.push(workflowId);
  return volumes.map((volume) => {
    const id = idOf(volume);
    return ids.filter((one) => one === id || one.startsWith(`${id}-2`)).length;
  });
}

/** Everything that a write would change: versions of the objects, last updates of the schedules. */
async function state(): Promise<string[]> {
  const namespace = volumes[0]!.namespace;
  const sources = await cluster.list('ReplicationSource', { namespace });
  const destinations = await cluster.list('ReplicationDestination', { namespace });
  const versions = [...sources, ...destinations].map(
    ({ kind, metadata }) => `${kind} ${metadata?.name} ${metadata?.resourceVersion}`,
  );
  const schedules = await inParallel(volumes, 16, async (volume) => {
    const { info, scheduleId: id } = await scheduleOf(volume).describe();
    return `${id} ${info.lastUpdatedAt?.toISOString()} ${info.numActionsTaken}`;
  });
  return [...versions.sort(), ...schedules];
}

/** Everything applied once more, and seen by the watch: it has acted on an object that came after. */
async function appliedAgain(name: string): Promise<void> {
  await world.kubectl.apply(...objects());
  const marker = { ...volumes[0]!, claim: `${name}-config`, source: `${name}-src` };
  await world.kubectl.apply(sourceManifest(marker, { repository: SECRET }));
  await until(`the schedule of ${name}`, 60, async () => Boolean(await scheduleOf(marker).describe()));
  await world.kubectl.run('delete', 'replicationsources.volsync.backube', marker.source, '-n', marker.namespace);
}

describe(`${COUNT} sources and destinations applied at once`, () => {
  it('are all planned; every source has one run and every destination too; applied again nothing is written', {
    timeout: 300_000,
  }, async () => {
    await inParallel(objects(), 32, async (object) => {
      await cluster.create(object.kind as 'ReplicationSource', object);
    });
    const applied = Date.now();
    const created = await inParallel(volumes, 16, (volume) =>
      until(`schedule of ${volume.source}`, 120, async () => (await scheduleOf(volume).describe()).info.createdAt),
    );
    // By Temporal's own clock: asking for so many takes longer than making them.
    const planned = Math.max(...created.map((at) => at.getTime()));
    // A figure for the reader; the promise is measured in `npm run bench`.
    console.info(
      `${COUNT} schedules planned ${((planned - applied) / 1000).toFixed(1)} s after the last object was made`,
    );

    await until('one run of each', 120, async () => {
      const backups = await runCounts('backupVolume', ({ namespace, source }) => `backup/${namespace}/${source}`);
      const restores = await runCounts('restoreVolume', ({ namespace, claim }) => `restore/${namespace}/${claim}`);
      return [...backups, ...restores].every((count) => count > 0);
    });
    // A claim that exists ends each restore; the last word of each stands in its status.
    await until('every trigger answered', 120, async () => {
      const found = await cluster.list('ReplicationDestination', { namespace: volumes[0]!.namespace });
      return found.every(({ status }) => status?.lastManualSync === 'restore-once');
    });
    // Every first backup has begun, and waits for a repository that nobody serves here: nothing moves any more.
    await until('every source at rest', 120, async () => {
      const found = await cluster.list('ReplicationSource', { namespace: volumes[0]!.namespace });
      return found.every(({ status = {} }) => condition(status, 'Synchronizing')?.startsWith('True/SyncInProgress'));
    });
    // The first apply of kubectl takes the fields over from the client that made them, which is a write of its own.
    await appliedAgain('first');
    const before = await state();
    await appliedAgain('second');
    expect(await state()).toEqual(before);

    const memory = world.workers.residentBytes('control');
    console.info(`the control worker holds ${(memory / 2 ** 20).toFixed(0)} MiB`);
    expect(memory).toBeLessThan(quantityBytes(deployed.resources!.limits!.memory!));
    expect(await runCounts('backupVolume', ({ namespace, source }) => `backup/${namespace}/${source}`)).toEqual(
      volumes.map(() => 1),
    );
    expect(await runCounts('restoreVolume', ({ namespace, claim }) => `restore/${namespace}/${claim}`)).toEqual(
      volumes.map(() => 1),
    );
  });
});
