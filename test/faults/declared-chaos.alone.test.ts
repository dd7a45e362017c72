import { defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { BackupRequest } from '../../api/backup-request.ts';
import { startComponent, stopComponent } from '../../platform/platform.ts';
import { applyDestination, applySecret, applySource, differences, type EditedApp, edit } from '../system/edited-app.ts';
import { seeded } from '../system/seeded.ts';
import { until } from '../system/until.ts';
import { createVolume, treeText, type Volume } from '../system/volume.ts';
import { createWorld, type World } from '../system/world.ts';

/** Another seed is another story; a failure names it. */
const SEED = Number(process.env.STOWAGE_TEST_SEED ?? 20_261_125);

/** What the product promises to survive, milliseconds. */
const AWAY_MILLISECONDS = 300_000;

/** How many applications there are, and how many of them may lose their claim. */
const APPS = 7;
const RESTORABLE = 2;

const quiet = (): void => undefined;
const random = seeded(SEED);
let world: World;
let apps: EditedApp[];
const trees = new Map<Volume, string>();
const story: string[] = [`seed ${SEED}`];

beforeAll(async () => {
  world = await createWorld({ name: 'chaos', platform: inject('platform'), stowageImage: inject('stowageImage') });
  apps = [];
  for (let index = 0; index < APPS; index++) {
    const volume = await createVolume(world, { app: `app${index}`, storage: '32Mi' });
    apps.push({
      ...{ volume, secret: `app${index}-volsync-secret`, restorable: index < RESTORABLE },
      ...{ declared: true, minute: index * 7, paused: false, manual: undefined, secretComplete: true },
    });
  }
  for (const app of apps) {
    await applySource(app);
    if (!app.restorable) continue;
    await applyDestination(app);
    trees.set(app.volume, await treeText(app.volume));
  }
  await converged();
}, 400_000);
afterAll(() => world?.close(), 120_000);

async function edits(count: number): Promise<void> {
  for (let index = 0; index < count; index++) story.push(await edit(random.pick(apps), random));
}

async function converged(): Promise<void> {
  let last: string[] = [];
  const look = async (): Promise<boolean> => {
    last = (await Promise.all(apps.map(differences))).flat();
    return last.length === 0;
  };
  await until('everything as declared', 240, look).catch((cause: unknown) => {
    throw new Error(`${last.join('\n')}\nafter:\n${story.join('\n')}`, { cause });
  });
}

/** The inputs of every backup run, with its end. */
async function backupRuns(): Promise<{ readonly request: BackupRequest; readonly status: string }[]> {
  const runs: { request: BackupRequest; status: string }[] = [];
  for await (const { workflowId, runId, status } of world.client.workflow.list({
    query: "WorkflowType = 'backupVolume'",
  })) {
    const { events } = await world.client.workflow.getHandle(workflowId, runId).fetchHistory();
    const [payload] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    if (payload)
      runs.push({ request: defaultPayloadConverter.fromPayload<BackupRequest>(payload), status: status.name });
  }
  return runs;
}

describe('objects edited while things die', () => {
  it('worker killed, Temporal restarted, API server away for five minutes: the end state is the declared one', {
    timeout: 1_200_000,
  }, async () => {
    await edits(6);
    await world.workers.kill('control');
    story.push('-- worker killed');
    await edits(6);
    await world.workers.start('control');
    await edits(2);

    await stopComponent(world.platform, 'temporal', quiet);
    story.push('-- Temporal stopped');
    await edits(5);
    await startComponent(world.platform, 'temporal', quiet);
    await edits(4);

    await stopComponent(world.platform, 'kube-apiserver', quiet);
    story.push('-- API server away');
    const back = Date.now() + AWAY_MILLISECONDS;
    await world.workers.kill('control');
    await world.workers.start('control');
    await stopComponent(world.platform, 'temporal', quiet);
    await startComponent(world.platform, 'temporal', quiet);
    // The fault itself is a stretch of time, not something to wait for.
    await new Promise((resolve) => setTimeout(resolve, back - Date.now()));
    await startComponent(world.platform, 'kube-apiserver', quiet);
    story.push('-- API server back');
    await edits(4);
    await world.workers.kill('control');
    await edits(3);
    await world.workers.start('control');

    // Everything may be missing or broken at its end; what is declared then must be what is there.
    for (const app of apps.filter(({ secretComplete }) => !secretComplete).slice(0, 1)) {
      app.secretComplete = true;
      await applySecret(app);
    }
    await converged();

    const runs = await backupRuns();
    const answered = runs.filter(({ request, status }) => request.manual !== undefined && status === 'COMPLETED');
    const values = answered.map(({ request }) => `${request.source} ${request.manual}`);
    expect(values).toEqual([...new Set(values)]);
    for (const { volume, restorable, secretComplete } of apps) {
      if (!restorable || !secretComplete) continue;
      expect(await treeText(volume)).toBe(trees.get(volume));
    }
    for (const { volume } of apps) {
      const objects = await world.kubectl.list(volume.namespace, 'jobs,volumesnapshots');
      expect(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([]);
    }
  });
});
