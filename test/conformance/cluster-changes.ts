import { describe, expect, it } from 'vitest';
import type { ClusterUnderTest } from './cluster.ts';
import { claim, configMap, makeConfigMap, refOf as ref, shellJob, uniqueName } from './cluster-objects.ts';
import { gone, until } from './cluster-waits.ts';

/** Patches of both kinds, and the status. */
export function changeConformance(current: () => ClusterUnderTest): void {
  describe('changes', () => {
    it('a merge patch sets, leaves and removes', async () => {
      const made = await makeConfigMap(current(), { keep: '1', change: '1', drop: '1' });
      const patched = await current().cluster.patch('ConfigMap', ref(made), {
        metadata: { annotations: { 'example.com/note': 'a/b' } },
        data: { change: '2', drop: null },
      });
      expect(patched?.data).toEqual({ keep: '1', change: '2' });
      expect(patched?.metadata?.annotations).toEqual({ 'example.com/note': 'a/b' });
      expect(patched?.metadata?.resourceVersion).not.toBe(made.metadata?.resourceVersion);
    });

    it('a patch that changes nothing keeps the version; one of a missing object is undefined', async () => {
      const made = await makeConfigMap(current(), { same: '1' });
      const patched = await current().cluster.patch('ConfigMap', ref(made), { data: { same: '1' } });
      expect(patched?.metadata?.resourceVersion).toBe(made.metadata?.resourceVersion);
      const missing = { namespace: current().namespace, name: 'absent' };
      expect(await current().cluster.patch('ConfigMap', missing, { data: {} })).toBeUndefined();
    });

    it('the status changes through its subresource only', async () => {
      const object = claim(current().namespace, uniqueName(), 'no-such-class');
      const made = (await current().cluster.create('PersistentVolumeClaim', object))!;
      expect(made.status?.phase).toBe('Pending');
      const condition = { type: 'FileSystemResizePending', status: 'True' };
      const status = { status: { conditions: [condition] } };
      expect(
        (await current().cluster.patch('PersistentVolumeClaim', ref(made), status))?.status?.conditions,
      ).toBeUndefined();
      const patched = await current().cluster.patch('PersistentVolumeClaim', ref(made), status, {
        subresource: 'status',
      });
      expect(patched?.status?.conditions).toMatchObject([condition]);
    });

    it('a JSON patch applies as a whole when its tests hold, and not at all when one fails', async () => {
      const made = await makeConfigMap(current(), { state: 'free', note: '1' });
      const swap = (from: string, to: string) =>
        current().cluster.jsonPatch('ConfigMap', ref(made), [
          { op: 'test', path: '/metadata/uid', value: made.metadata?.uid },
          { op: 'add', path: '/metadata/annotations', value: {} },
          { op: 'add', path: '/metadata/annotations/example.com~1owner', value: to },
          { op: 'test', path: '/data/state', value: from },
          { op: 'replace', path: '/data/state', value: to },
        ]);
      const mine = await swap('free', 'mine');
      expect(mine).toMatchObject({ data: { state: 'mine', note: '1' } });
      expect(mine?.metadata?.annotations).toEqual({ 'example.com/owner': 'mine' });
      expect(await swap('free', 'theirs')).toBeUndefined();
      expect(await current().cluster.get('ConfigMap', ref(made))).toEqual(mine);
      const missing = { namespace: current().namespace, name: 'absent' };
      const remove = { op: 'remove', path: '/data' } as const;
      expect(await current().cluster.jsonPatch('ConfigMap', missing, [remove])).toBeUndefined();
    });
  });
}

/** What a deletion waits for, and what it takes along. */
export function deletionConformance(current: () => ClusterUnderTest): void {
  describe('deletion', () => {
    it('is true once, and false for what is missing or is another object of the name', async () => {
      const made = await makeConfigMap(current());
      const other = { uid: '00000000-0000-0000-0000-000000000000' };
      expect(await current().cluster.delete('ConfigMap', ref(made), other)).toBe(false);
      expect(await current().cluster.get('ConfigMap', ref(made))).toBeDefined();
      expect(await current().cluster.delete('ConfigMap', ref(made), { uid: made.metadata?.uid ?? '' })).toBe(true);
      expect(await current().cluster.delete('ConfigMap', ref(made))).toBe(false);
    });

    it('waits for finalizers', async () => {
      const object = configMap(current().namespace, uniqueName(), {});
      object.metadata = { ...object.metadata, finalizers: ['example.com/hold'] };
      const made = (await current().cluster.create('ConfigMap', object))!;
      expect(await current().cluster.delete('ConfigMap', ref(made))).toBe(true);
      const leaving = await current().cluster.get('ConfigMap', ref(made));
      expect(leaving?.metadata?.deletionTimestamp).toBeInstanceOf(Date);
      await current().cluster.patch('ConfigMap', ref(made), { metadata: { finalizers: null } });
      expect(await current().cluster.get('ConfigMap', ref(made))).toBeUndefined();
    });

    it('of a Job takes its pods first, and a claim waits for a finished pod that names it', async () => {
      const data = claim(current().namespace, uniqueName(), current().storageClass);
      await current().cluster.create('PersistentVolumeClaim', data);
      const name = uniqueName();
      await current().cluster.create('Job', shellJob(current(), name, 'echo done', ref(data).name));
      const labels = `job-name=${name}`;
      await until(
        current().cluster,
        'Pod',
        { namespace: current().namespace, labels },
        (p) => p.status?.phase === 'Succeeded',
      );
      expect(await current().cluster.delete('PersistentVolumeClaim', ref(data))).toBe(true);
      const kept = await current().cluster.get('PersistentVolumeClaim', ref(data));
      expect(kept?.metadata?.deletionTimestamp).toBeInstanceOf(Date);
      expect(await current().cluster.delete('Job', { namespace: current().namespace, name })).toBe(true);
      await gone(current().cluster, 'Job', { namespace: current().namespace, name });
      expect(await current().cluster.list('Pod', { namespace: current().namespace, labels })).toEqual([]);
      await gone(current().cluster, 'PersistentVolumeClaim', ref(data));
    });
  });
}
