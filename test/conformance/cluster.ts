import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../../activities/ports/cluster.ts';
import { changeConformance, deletionConformance } from './cluster-changes.ts';
import { logConformance } from './cluster-logs.ts';
import { configMap, makeConfigMap, refOf as ref, uniqueName } from './cluster-objects.ts';
import { statusConformance } from './cluster-status.ts';
import { next } from './cluster-waits.ts';
import { watchConformance } from './cluster-watch.ts';

/** A side of the port with a namespace of its own, and what differs between the sides. */
export interface ClusterUnderTest {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** A class whose claims bind at once. */
  readonly storageClass: string;
  /** An image with a shell at /bin/sh. */
  readonly image: string;
  dispose(): Promise<void>;
}

/** What every side of the `Cluster` port does alike. */
export function clusterConformance(side: string, start: () => Promise<ClusterUnderTest>): void {
  describe(`cluster port, ${side}`, () => {
    let under: ClusterUnderTest;
    beforeAll(async () => {
      under = await start();
    });
    afterAll(() => under?.dispose());

    const make = (data: Record<string, string> = {}, labels: Record<string, string> = {}) =>
      makeConfigMap(under, data, labels);

    describe('objects', () => {
      it('a missing object is undefined', async () => {
        expect(await under.cluster.get('Job', { namespace: under.namespace, name: 'absent' })).toBeUndefined();
        expect(
          await under.cluster.get('VolumeSnapshot', { namespace: under.namespace, name: 'absent' }),
        ).toBeUndefined();
        expect(await under.cluster.get('PersistentVolume', { name: 'absent' })).toBeUndefined();
      });

      it('a created object has an identity, a version and a time, and is read back as it was made', async () => {
        const made = await make({ key: 'value' });
        expect(made.metadata?.uid).toMatch(/^[0-9a-f-]{36}$/);
        expect(made.metadata?.resourceVersion).toBeTruthy();
        expect(made.metadata?.creationTimestamp).toBeInstanceOf(Date);
        expect(made).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1', data: { key: 'value' } });
        expect(await under.cluster.get('ConfigMap', ref(made))).toEqual(made);
      });

      it('creating a name that is taken changes nothing and says so', async () => {
        const made = await make({ owner: 'first' });
        const again = configMap(under.namespace, ref(made).name, { owner: 'second' });
        expect(await under.cluster.create('ConfigMap', again)).toBeUndefined();
        expect((await under.cluster.get('ConfigMap', ref(made)))?.data).toEqual({ owner: 'first' });
      });

      it('creating in a namespace that does not exist fails and names it', async () => {
        await expect(under.cluster.create('ConfigMap', configMap('nowhere', 'x', {}))).rejects.toMatchObject({
          name: 'PortError',
          type: 'SourceMissing',
          message: expect.stringContaining('namespaces "nowhere" not found'),
        });
      });

      it('lists by label, by name and by namespace; items carry their kind', async () => {
        const group = uniqueName();
        const one = await make({}, { group, part: 'one' });
        const two = await make({}, { group, part: 'two' });
        const list = (selector: object) => under.cluster.list('ConfigMap', { namespace: under.namespace, ...selector });
        const names = (objects: { metadata?: { name?: string } }[]) => objects.map((o) => o.metadata?.name).sort();
        expect(names(await list({ labels: `group=${group}` }))).toEqual(names([one, two]));
        expect(names(await list({ labels: `group=${group},part=two` }))).toEqual(names([two]));
        expect(names(await list({ name: ref(one).name }))).toEqual(names([one]));
        expect((await list({ name: ref(one).name }))[0]).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1' });
        expect(await under.cluster.list('ConfigMap', { namespace: 'nowhere' })).toEqual([]);
        expect(names(await under.cluster.list('ConfigMap', { labels: `group=${group}` }))).toEqual(names([one, two]));
      });
    });

    it('counts its requests by verb and kind', async () => {
      const before = under.cluster.requestCounts();
      const made = await make();
      await under.cluster.get('ConfigMap', ref(made));
      await next(under.cluster, 'ConfigMap', ref(made));
      const after = under.cluster.requestCounts();
      const difference = (key: string) => (after[key] ?? 0) - (before[key] ?? 0);
      expect(difference('create ConfigMap')).toBe(1);
      expect(difference('get ConfigMap')).toBe(1);
      expect(difference('watch ConfigMap')).toBe(1);
      expect(difference('list ConfigMap')).toBe(0);
    });

    changeConformance(() => under);
    deletionConformance(() => under);
    statusConformance(() => under);
    watchConformance(() => under);
    logConformance(() => under);
  });
}
