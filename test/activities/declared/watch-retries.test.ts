import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MENDED_IN_SIGHT, waitAfter } from '../../../activities/declared/start-decision.ts';
import { FailureType, failureRules } from '../../../workflows/failures.ts';
import { NAMESPACE } from '../small-world.ts';
import { addClaim, destination, SECRET, source, type WatchWorld, watchWorld } from './watch-world.ts';

const MINUTE = 60;
const sourceRef = { namespace: NAMESPACE, name: 'app-src' };
let world: WatchWorld;
beforeEach(async () => {
  world = await watchWorld();
});
afterEach(() => world.stop());

const runs = () => world.orchestrator.runs;
const runWrites = (status: object) => world.cluster.applyStatus('ReplicationSource', sourceRef, status, 'stowage-run');
const initialised = () =>
  world.cluster.create('ConfigMap', {
    metadata: { namespace: 'stowage-system', name: 'stowage-repository-kopia' },
    data: { uniqueId: 'ab' },
  });

/** Ends the newest run with a failure, and expects the next one within two minutes of that time and not before. */
async function expectNextAfter(minutes: number, failureType: string): Promise<void> {
  const count = runs().length;
  world.orchestrator.end(runs().at(-1)!, { state: 'Failed', failureType });
  await world.pass((minutes - 1) * MINUTE);
  expect(runs()).toHaveLength(count);
  await world.pass(2 * MINUTE);
  expect(runs()).toHaveLength(count + 1);
}

describe('a failure that somebody mends where the watch can not see it', () => {
  it.each(['RepositoryFull', 'RepositoryChanged', 'RepositoryCorrupt', 'WrongPassword'])(
    '%s: a restore is tried again after 15 minutes, then 30, then each hour',
    async (failureType) => {
      await world.apply(source());
      await world.apply(destination());
      await world.pass(10);
      for (const minutes of [15, 30, 60, 60]) await expectNextAfter(minutes, failureType);
    },
  );

  it('a manual backup is tried again in the same way, and at once when the repository was initialised', async () => {
    await addClaim(world, 'app-config');
    await world.apply(source({ spec: { trigger: { manual: 'one' } } }));
    await world.pass(5);
    for (const minutes of [15, 30]) await expectNextAfter(minutes, 'RepositoryNotFound');
    world.orchestrator.end(runs().at(-1)!, { state: 'Failed', failureType: 'RepositoryNotFound' });
    const count = runs().length;
    await world.pass(MINUTE);
    expect(runs()).toHaveLength(count);
    await initialised();
    await world.pass(2 * MINUTE);
    expect(runs()).toHaveLength(count + 1);
  });

  it('a first run does not wait for the next time of its schedule', async () => {
    await addClaim(world, 'app-config');
    await world.apply(source({ spec: { trigger: { schedule: '0 0 1 1 *' } } }));
    await world.pass(5);
    const failsOnce = async () => {
      const startedAt = world.small.clock.now();
      world.small.runs.onClaim = [{ workflowId: 'backup/demo/app-src-2026', runId: 'r', kind: 'Backup', startedAt }];
      await runWrites({ lastSyncStartTime: new Date(startedAt).toISOString() });
      await world.pass(20 * MINUTE);
      world.small.runs.onClaim = [];
      await runWrites({ latestMoverStatus: { result: 'Failed', logs: 'RepositoryFull: no space left' } });
    };
    await failsOnce();
    for (const [index, minutes] of [15, 30, 60].entries()) {
      expect(world.orchestrator.triggered).toHaveLength(index + 1);
      await world.pass((minutes - 1) * MINUTE);
      expect(world.orchestrator.triggered).toHaveLength(index + 1);
      await world.pass(2 * MINUTE);
      expect(world.orchestrator.triggered).toHaveLength(index + 2);
      await failsOnce();
    }
    const count = world.orchestrator.triggered.length;
    const data = { KOPIA_PASSWORD: 'cmlnaHQ=' };
    await world.cluster.patch('Secret', { namespace: NAMESPACE, name: SECRET }, { data });
    await world.pass(MINUTE);
    expect(world.orchestrator.triggered).toHaveLength(count + 1);
  });

  it('a successor of the watch does not hurry: it waits the first interval', async () => {
    await addClaim(world, 'app-config');
    await world.apply(source({ spec: { trigger: { schedule: '0 0 1 1 *' } } }));
    await world.pass(5);
    await runWrites({ latestMoverStatus: { result: 'Failed', logs: 'RepositoryFull: no space left' } });
    await world.pass(MINUTE);
    world.restart();
    await world.pass(14 * MINUTE);
    expect(world.orchestrator.triggered).toHaveLength(1);
    await world.pass(2 * MINUTE);
    expect(world.orchestrator.triggered).toHaveLength(2);
  });
});

describe('how long a failure waits', () => {
  it('a type that a retry mends seconds, one that is mended elsewhere minutes, one that is mended in sight for its change', () => {
    for (const type of Object.values(FailureType)) {
      const inSight = MENDED_IN_SIGHT.includes(type);
      const expected = failureRules[type].retryable ? 30_000 : 15 * 60_000;
      expect(waitAfter(type, 1), type).toBe(inSight ? undefined : expected);
    }
    const page = readFileSync(new URL('../../../docs/declaring.md', import.meta.url), 'utf8');
    expect(page).toContain(`- ${MENDED_IN_SIGHT.map((type) => `\`${type}\``).join(', ')}, and a run`);
    expect(waitAfter(undefined, 20)).toBe(15 * 60_000);
    expect(waitAfter('RepositoryFull', 20)).toBe(60 * 60_000);
  });
});
