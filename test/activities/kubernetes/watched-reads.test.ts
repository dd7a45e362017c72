import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createControlActivities } from '../../../activities/control-activities.ts';
import type { ConnectedCluster } from '../../../activities/kubernetes/client.ts';
import { watchReads } from '../../../activities/kubernetes/watched-reads.ts';
import type { Kind, ObjectRef } from '../../../activities/ports/cluster.ts';
import { PortError } from '../../../activities/ports/port-error.ts';
import { preflightWatches } from '../../../activities/volume/preflight-watches.ts';
import { FaultMoment, FaultPlan } from '../../fakes/fault-plan.ts';
import { faultyCluster } from '../../fakes/faulty-cluster.ts';
import { InMemoryCluster } from '../../fakes/in-memory-cluster.ts';
import { failureOf, smallWorld } from '../small-world.ts';

const DEMO = { name: 'demo' };
const RECORD = { namespace: 'stowage-system', name: 'stowage-repository-kopia' };
const RECORD_METADATA = { ...RECORD, labels: { 'app.kubernetes.io/component': 'repository-record' } };
const away = new PortError('ClusterUnreachable', 'planned');

/** What others do goes to `inner`; what this process does to `reads`. */
let inner: InMemoryCluster;
let plan: FaultPlan;
let reads: ConnectedCluster;
let warnings: object[];

beforeEach(async () => {
  inner = new InMemoryCluster({ namespaces: ['demo', 'stowage-system'] });
  await inner.create('ConfigMap', { metadata: RECORD_METADATA, data: { uniqueId: '1' } });
  plan = new FaultPlan();
  warnings = [];
  const silent = (): void => undefined;
  const log = { debug: silent, info: silent, warn: (fields: object) => void warnings.push(fields) };
  const timing = { firstMilliseconds: 1, longestMilliseconds: 5 };
  reads = watchReads(faultyCluster(inner, plan), preflightWatches('stowage-system'), log, timing);
});
afterEach(() => {
  reads.close();
  plan.verifyExercised();
});

const asked = (kind: Kind): number => inner.requestCounts()[`get ${kind}`] ?? 0;

/** Whether this read was a request. */
async function asks(kind: Kind, ref: ObjectRef): Promise<boolean> {
  const before = asked(kind);
  await reads.get(kind, ref);
  return asked(kind) > before;
}

const served = (kind: Kind, ref: ObjectRef) => vi.waitUntil(async () => !(await asks(kind, ref)), { interval: 1 });

const uniqueId = async () => (await reads.get('ConfigMap', RECORD))?.data?.uniqueId;

/** The watch hears nothing after the next event, as on a half-open connection, until the gate is opened. */
function stall(kind: Kind) {
  let stalled = false;
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const hold = (): Promise<void> => {
    stalled = true;
    return gate;
  };
  plan.add({ method: 'watch', kind, moment: FaultMoment.After, hold });
  return { open, stalled: () => vi.waitUntil(() => stalled, { interval: 1 }) };
}

describe('reads from a watch', () => {
  test('cost no request, and are what the API says', async () => {
    await Promise.all([served('Namespace', DEMO), served('ConfigMap', RECORD)]);
    expect(await reads.get('Namespace', DEMO)).toEqual(await inner.get('Namespace', DEMO));
    expect(await reads.get('ConfigMap', RECORD)).toEqual(await inner.get('ConfigMap', RECORD));
    expect(inner.requestCounts()).toMatchObject({ 'watch Namespace': 1, 'watch ConfigMap': 1 });
  });

  test('follow what others change', async () => {
    await served('ConfigMap', RECORD);
    await inner.patch('ConfigMap', RECORD, { data: { uniqueId: '2' } });
    await vi.waitUntil(async () => (await uniqueId()) === '2', { interval: 1 });
    expect(await asks('ConfigMap', RECORD)).toBe(false);
    await inner.delete('ConfigMap', RECORD);
    await vi.waitUntil(async () => (await uniqueId()) === undefined, { interval: 1 });
  });

  test('ask for what the watch does not know: not seen yet, in another namespace, of another kind', async () => {
    const { open, stalled } = stall('Namespace');
    await stalled();
    const made = { name: 'just-made' };
    await inner.create('Namespace', { metadata: made });
    expect(await reads.get('Namespace', made)).toBeDefined();
    open();
    await served('Namespace', made);
    await inner.create('ConfigMap', { metadata: { namespace: 'demo', name: 'other' } });
    expect(await asks('ConfigMap', { namespace: 'demo', name: 'other' })).toBe(true);
    expect(await asks('Secret', { namespace: 'demo', name: 'other' })).toBe(true);
  });

  test('give each reader a copy of its own', async () => {
    await served('ConfigMap', RECORD);
    const first = await reads.get('ConfigMap', RECORD);
    first!.data!.uniqueId = 'spoiled';
    expect(await uniqueId()).toBe('1');
  });

  test('never believe a granted privilege that was taken back, however late the watch is', async () => {
    await served('Namespace', DEMO);
    const { open, stalled } = stall('Namespace');
    const privileged = 'volsync.backube/privileged-movers';
    await inner.patch('Namespace', DEMO, { metadata: { annotations: { [privileged]: 'true' } } });
    await stalled();
    expect((await reads.get('Namespace', DEMO))?.metadata?.annotations?.[privileged]).toBe('true');
    await inner.patch('Namespace', DEMO, { metadata: { annotations: { [privileged]: null } } });
    expect((await reads.get('Namespace', DEMO))?.metadata?.annotations?.[privileged]).toBeUndefined();
    open();
    await served('Namespace', DEMO);
  });
});

describe('what this process wrote', () => {
  /** The watch is late from here on: its last event is this change of somebody else. */
  async function lateWatch() {
    await served('ConfigMap', RECORD);
    const late = stall('ConfigMap');
    await inner.patch('ConfigMap', RECORD, { data: { uniqueId: '2' } });
    await late.stalled();
    expect(await asks('ConfigMap', RECORD)).toBe(false);
    return late;
  }

  const version = async () => (await inner.get('ConfigMap', RECORD))?.metadata?.resourceVersion;
  const writes: [string, string | undefined, () => Promise<unknown>][] = [
    ['patch', '3', () => reads.patch('ConfigMap', RECORD, { data: { uniqueId: '3' } })],
    [
      'jsonPatch',
      '3',
      async () =>
        reads.jsonPatch('ConfigMap', RECORD, [
          { op: 'test', path: '/metadata/resourceVersion', value: await version() },
          { op: 'add', path: '/data', value: { uniqueId: '3' } },
        ]),
    ],
    ['delete', undefined, () => reads.delete('ConfigMap', RECORD)],
    [
      'delete and create',
      '3',
      async () => {
        await reads.delete('ConfigMap', RECORD);
        await reads.create('ConfigMap', { metadata: RECORD_METADATA, data: { uniqueId: '3' } });
      },
    ],
  ];
  test.each(writes)('by %s is read at once, and from the watch again when it has caught up', async (_, id, write) => {
    const { open } = await lateWatch();
    await write();
    expect(await uniqueId()).toBe(id);
    expect(await uniqueId()).toBe(id);
    open();
    if (id !== undefined) await served('ConfigMap', RECORD);
    expect(await uniqueId()).toBe(id);
  });

  test('is read at once also when the answer to the write was lost', async () => {
    const { open } = await lateWatch();
    plan.add({ method: 'patch', kind: 'ConfigMap', moment: FaultMoment.After, error: away });
    await expect(reads.patch('ConfigMap', RECORD, { data: { uniqueId: '3' } })).rejects.toBe(away);
    expect(await uniqueId()).toBe('3');
    open();
    await served('ConfigMap', RECORD);
  });

  test('never rests on a late watch: another worker has replaced the id that is to be recorded', async () => {
    const { open } = await lateWatch();
    await inner.patch('ConfigMap', RECORD, { data: { uniqueId: '9' } });
    const { dependencies, run } = smallWorld(reads);
    const { recordRepositoryIdentity, readRepositoryRecord } = createControlActivities(dependencies);
    const identity = { repository: 'kopia', uniqueId: '2', runId: 'r', replace: false };
    const failed = await failureOf(run(() => recordRepositoryIdentity(identity)));
    expect(failed).toMatchObject({ type: 'RepositoryExists' });
    expect(await run(() => readRepositoryRecord({ repository: 'kopia' }))).toEqual({ uniqueId: '9' });
    open();
  });

  test('is not forgotten for a read that began before it', async () => {
    const { open } = await lateWatch();
    // A write that changed nothing: the next read asks, and finds the watch up to date.
    await reads.jsonPatch('ConfigMap', RECORD, [{ op: 'test', path: '/data/uniqueId', value: 'another' }]);
    let answer = (): void => undefined;
    const reached = new Promise<void>((reach) => {
      const hold = () =>
        new Promise<void>((resolve) => {
          answer = resolve;
          reach();
        });
      plan.add({ method: 'get', kind: 'ConfigMap', moment: FaultMoment.After, hold });
    });
    const early = uniqueId();
    await reached;
    await reads.patch('ConfigMap', RECORD, { data: { uniqueId: '3' } });
    answer();
    expect(await early).toBe('2');
    expect(await uniqueId()).toBe('3');
    open();
    await served('ConfigMap', RECORD);
  });
});

describe('a watch that ends', () => {
  test('is said, asked around, and followed by another that knows what happened meanwhile', async () => {
    await served('Namespace', DEMO);
    let again = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      again = resolve;
    });
    plan.add({ method: 'watch', kind: 'Namespace', moment: FaultMoment.After, error: away });
    plan.add({ method: 'watch', kind: 'Namespace', hold: () => gate });
    await inner.create('Namespace', { metadata: { name: 'short-lived' } });
    await vi.waitUntil(() => asks('Namespace', DEMO), { interval: 1 });
    expect(warnings).toEqual([{ kind: 'Namespace', error: away }]);
    await inner.delete('Namespace', { name: 'short-lived' });
    await inner.patch('Namespace', DEMO, { metadata: { labels: { seen: 'yes' } } });
    expect((await reads.get('Namespace', DEMO))?.metadata?.labels).toMatchObject({ seen: 'yes' });
    expect(await reads.get('Namespace', { name: 'short-lived' })).toBeUndefined();
    expect(await asks('ConfigMap', RECORD)).toBe(false);
    again();
    await served('Namespace', DEMO);
    expect((await reads.get('Namespace', DEMO))?.metadata?.labels).toMatchObject({ seen: 'yes' });
    expect(await reads.get('Namespace', { name: 'short-lived' })).toBeUndefined();
  });

  test('that is refused leaves every read to the API, with its own errors', async () => {
    reads.close();
    plan.add({ method: 'watch', kind: 'Namespace', error: new PortError('Forbidden', 'no right') });
    const silent = (): void => undefined;
    const log = { debug: silent, info: silent, warn: (fields: object) => void warnings.push(fields) };
    const never = { firstMilliseconds: 3_600_000, longestMilliseconds: 3_600_000 };
    reads = watchReads(faultyCluster(inner, plan), { Namespace: { selector: {} } }, log, never);
    await vi.waitUntil(() => warnings.length > 0, { interval: 1 });
    expect(await asks('Namespace', DEMO)).toBe(true);
    plan.add({ method: 'get', kind: 'Namespace', error: away });
    await expect(reads.get('Namespace', DEMO)).rejects.toBe(away);
  });

  test('with the worker is no fault, and no other begins', async () => {
    await served('Namespace', DEMO);
    reads.close();
    await vi.waitUntil(() => asks('Namespace', DEMO), { interval: 1 });
    expect(warnings).toEqual([]);
    expect(inner.requestCounts()['watch Namespace']).toBe(1);
  });
});
