import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { MaintenanceStatus } from '../../api/maintenance-status.ts';
import { declaredMaintenanceId } from '../../workflows/care/contract.ts';
import { condition } from '../system/declared.ts';
import { claimManifest, namespaceManifest, secretManifest } from '../system/objects.ts';
import { until } from '../system/until.ts';
import { backup, createVolume } from '../system/volume.ts';
import { createWorld, type World } from '../system/world.ts';

const NAME = 'daily';
const SECRET = 'kopia-maintenance-secret';

let world: World;
let namespace: string;
beforeAll(async () => {
  world = await createWorld({ name: 'kmaint', platform: inject('platform'), stowageImage: inject('stowageImage') });
  namespace = `${world.name}-maint`;
  world.namespaces.push(namespace);
  await world.kubectl.apply(
    namespaceManifest(namespace, false),
    secretManifest(namespace, SECRET, world.password),
    claimManifest(namespace, 'kopia', world.sharedClass, world.repositorySize, 'ReadWriteMany'),
  );
  await backup(await createVolume(world, { app: 'kept' }));
}, 240_000);
afterAll(() => world?.close(), 120_000);

/** As the reference has it, beside what only maintenance may declare. */
const declare = (trigger: object): Promise<void> =>
  world.kubectl.apply({
    apiVersion: 'volsync.backube/v1alpha1',
    kind: 'KopiaMaintenance',
    metadata: { namespace, name: NAME },
    spec: {
      repository: { repository: SECRET },
      trigger,
      podSecurityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 },
      resources: { requests: { memory: '64Mi' } },
      moverPodLabels: { 'example.org/role': 'maintenance' },
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      activeDeadlineSeconds: 600,
      cacheCapacity: '512Mi',
    },
  });

async function status(): Promise<MaintenanceStatus> {
  const text = await world.kubectl.run('get', 'kopiamaintenances.volsync.backube', NAME, '-n', namespace, '-o', 'json');
  return (JSON.parse(text) as { status?: MaintenanceStatus }).status ?? {};
}

/** Waits for a status as wanted, and returns it; the error tells the last one. */
async function untilStatus(wanted: (status: MaintenanceStatus) => boolean): Promise<MaintenanceStatus> {
  let last: MaintenanceStatus = {};
  const look = async (): Promise<boolean> => {
    last = await status();
    return wanted(last);
  };
  await until(`KopiaMaintenance ${namespace}/${NAME} as wanted`, 120, look).catch((cause: unknown) => {
    throw new Error(`the status is ${JSON.stringify(last, undefined, 1)}`, { cause });
  });
  return last;
}

const said = ({ conditions = [] }: MaintenanceStatus, type: string) => condition({ conditions: [...conditions] }, type);

/** How often a task of maintenance went well; asks the repository with Kopia itself, past all of our code. */
async function goodRuns(): Promise<{ readonly owner: string; readonly of: (task: string) => number }> {
  const env = {
    PATH: process.env.PATH,
    HOME: world.directory,
    KOPIA_CONFIG_PATH: `${world.directory}/witness.config`,
    KOPIA_PASSWORD: world.password,
    KOPIA_CHECK_FOR_UPDATES: 'false',
  };
  const kopia = (...args: string[]) => execa(world.platform.tools.kopia!, args, { env, extendEnv: false });
  await kopia('repository', 'connect', 'filesystem', '--readonly', `--path=${world.repositoryPath}`);
  const { owner, schedule } = JSON.parse((await kopia('maintenance', 'info', '--json')).stdout) as {
    owner: string;
    schedule: { runs?: Record<string, { success: boolean }[]> };
  };
  return { owner, of: (task) => (schedule.runs?.[task] ?? []).filter(({ success }) => success).length };
}

const schedules = async (): Promise<string[]> => {
  const found: string[] = [];
  for await (const { scheduleId } of world.client.schedule.list()) found.push(scheduleId);
  return found;
};

describe('a KopiaMaintenance in a namespace of its own', () => {
  it('answers a manual trigger with a maintenance that Kopia itself confirms, and nothing of it is left', {
    timeout: 240_000,
  }, async () => {
    expect((await goodRuns()).of('snapshot-gc')).toBe(0);
    await declare({ manual: 'now' });
    const answered = await untilStatus(({ lastManualSync }) => lastManualSync === 'now');
    expect(answered).toMatchObject({ maintenanceFailures: 0, lastMaintenanceTime: expect.stringMatching(/Z$/) });
    const { owner, of } = await goodRuns();
    expect(owner).toBe('maintenance@volsync');
    expect(of('snapshot-gc')).toBe(1);

    const told = await untilStatus((now) => Boolean(said(now, 'Ready')?.endsWith('is answered')));
    expect(said(told, 'Ready')).toMatch(/^True\/MaintenanceActive/);
    expect(said(told, 'MaintenanceHealthy')).toMatch(/^True\/OperatingNormally: last good maintenance at/);
    // What the run wrote and what the watch wrote stand beside each other.
    expect(told).toMatchObject({ lastManualSync: 'now', observedGeneration: expect.any(Number) });
    expect(await world.kubectl.list(namespace, 'jobs,pods')).toEqual([]);
    const events = await world.kubectl.run('get', 'events', '-n', namespace, '-o', 'jsonpath={.items[*].reason}');
    expect(events).toContain('ManualMaintenanceCompleted');
  });

  it('runs by its schedule, and has none any more when it is deleted', { timeout: 240_000 }, async () => {
    const id = declaredMaintenanceId(namespace, NAME);
    const before = await status();
    await declare({ schedule: '30 3 * * *' });
    const due = await untilStatus(({ nextScheduledMaintenance: next }) => /T03:30:00Z$/.test(next ?? ''));
    expect(said(due, 'Ready')).toMatch(/^True\/MaintenanceActive: maintenance at 30 3 \* \* \*/);
    await world.client.schedule.getHandle(id).trigger();
    await untilStatus(({ lastMaintenanceTime: last }) => last !== before.lastMaintenanceTime);
    expect((await goodRuns()).of('snapshot-gc')).toBe(2);
    expect(await world.kubectl.list(namespace, 'jobs,pods')).toEqual([]);

    await world.kubectl.run('delete', 'kopiamaintenances.volsync.backube', NAME, '-n', namespace, '--timeout=30s');
    await until('the schedule to be gone', 30, async () => !(await schedules()).includes(id));
  });
});
