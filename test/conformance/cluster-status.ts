import { describe, expect, it } from 'vitest';
import type { DeclaredObject } from '../../activities/ports/cluster.ts';
import { DECLARED_API_VERSION } from '../../api/declared-object.ts';
import type { ClusterUnderTest } from './cluster.ts';
import { refOf, uniqueName } from './cluster-objects.ts';

const spec = { trigger: { manual: 'first' }, kopia: { repository: 'app-volsync-secret' } };
const specOf = { ReplicationSource: { sourcePVC: 'app-config', ...spec }, ReplicationDestination: spec };
const condition = (type: string) => ({
  type,
  status: 'False',
  reason: 'Because',
  message: 'text',
  lastTransitionTime: '2026-11-23T12:00:00Z',
});
const RUN = 'test-run';
const WATCH = 'test-watch';

/** `applyStatus`: several writers of one status, each with the fields that it wrote last. */
export function statusConformance(current: () => ClusterUnderTest): void {
  const make = async (kind: 'ReplicationSource' | 'ReplicationDestination' = 'ReplicationSource') => {
    const { cluster, namespace } = current();
    const metadata = { namespace, name: uniqueName(), labels: { app: 'demo' } };
    const made = await cluster.create(kind, { apiVersion: DECLARED_API_VERSION, kind, metadata, spec: specOf[kind] });
    if (!made) throw new Error('the name of a new object was taken');
    return made;
  };
  const apply = async (object: DeclaredObject, status: object, manager: string) => {
    const applied = await current().cluster.applyStatus('ReplicationSource', refOf(object), status, manager);
    const read = await current().cluster.get('ReplicationSource', refOf(object));
    expect(read).toEqual(applied);
    return applied;
  };

  describe('applyStatus', () => {
    it('writes the status and nothing else, and answers with the whole object', async () => {
      const made = await make();
      const applied = await apply(made, { lastManualSync: 'first' }, RUN);
      expect(applied).toMatchObject({ kind: 'ReplicationSource', spec, status: { lastManualSync: 'first' } });
      expect(applied?.metadata).toMatchObject({ uid: made.metadata?.uid, labels: { app: 'demo' } });
      expect(applied?.metadata?.creationTimestamp).toEqual(made.metadata?.creationTimestamp);
    });

    it('serves both declared kinds', async () => {
      const made = await make('ReplicationDestination');
      const status = { latestImage: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'image' } };
      const applied = await current().cluster.applyStatus('ReplicationDestination', refOf(made), status, RUN);
      expect(applied?.status).toEqual(status);
    });

    it('takes away what the manager leaves out, and leaves alone what another wrote', async () => {
      const made = await make();
      const conditions = [condition('Synchronizing')];
      await apply(made, { conditions, nextSyncTime: '2026-11-23T13:00:00Z' }, WATCH);
      await apply(made, { lastSyncStartTime: '2026-11-23T12:00:00Z', lastManualSync: 'a' }, RUN);
      const ended = await apply(made, { lastSyncTime: '2026-11-23T12:01:00Z', lastManualSync: 'a' }, RUN);
      expect(ended?.status).toEqual({
        conditions,
        nextSyncTime: '2026-11-23T13:00:00Z',
        lastSyncTime: '2026-11-23T12:01:00Z',
        lastManualSync: 'a',
      });
      const less = await apply(made, { conditions }, WATCH);
      expect(less?.status).toEqual({ conditions, lastSyncTime: '2026-11-23T12:01:00Z', lastManualSync: 'a' });
    });

    it('takes over a field that another wrote with another value', async () => {
      const made = await make();
      await apply(made, { lastManualSync: 'theirs', lastSyncDuration: '1s' }, WATCH);
      const taken = await apply(made, { lastManualSync: 'ours' }, RUN);
      expect(taken?.status).toEqual({ lastManualSync: 'ours', lastSyncDuration: '1s' });
      // It is not theirs any more: what they leave out stays.
      const left = await apply(made, { lastSyncDuration: '1s' }, WATCH);
      expect(left?.status).toEqual({ lastManualSync: 'ours', lastSyncDuration: '1s' });
    });

    it('keeps a field that two wrote alike until both leave it out', async () => {
      const made = await make();
      await apply(made, { lastManualSync: 'same', lastSyncDuration: '1s' }, WATCH);
      await apply(made, { lastManualSync: 'same' }, RUN);
      expect((await apply(made, { lastSyncDuration: '1s' }, WATCH))?.status).toMatchObject({ lastManualSync: 'same' });
      const left = await apply(made, { lastSyncTime: '2026-11-23T12:01:00Z' }, RUN);
      expect(left?.status).toEqual({ lastSyncDuration: '1s', lastSyncTime: '2026-11-23T12:01:00Z' });
    });

    it('takes over what was written by an ordinary patch, as by the operator that was here before', async () => {
      const made = await make();
      const before = { lastSyncTime: '2026-11-22T12:00:00Z', conditions: [condition('Synchronizing')] };
      await current().cluster.patch('ReplicationSource', refOf(made), { status: before }, { subresource: 'status' });
      const conditions = [{ ...condition('Synchronizing'), reason: 'TakenOver' }];
      const taken = await apply(made, { conditions }, WATCH);
      expect(taken?.status).toEqual({ lastSyncTime: '2026-11-22T12:00:00Z', conditions });
    });

    // What two writers make of one list is the CRD's to say (VolSync's: one field; ours: by type); only the watch writes it.
    it('a list is what its writer says last', async () => {
      const made = await make();
      await apply(made, { conditions: [condition('Synchronizing'), condition('Protected')] }, WATCH);
      const fewer = await apply(made, { conditions: [condition('Protected')] }, WATCH);
      expect(fewer?.status).toEqual({ conditions: [condition('Protected')] });
    });

    it('tells the fields of a map apart', async () => {
      const made = await make();
      await apply(made, { latestMoverStatus: { result: 'Failed', logs: 'first' } }, RUN);
      const fewer = await apply(made, { latestMoverStatus: { result: 'Successful' } }, RUN);
      expect(fewer?.status).toEqual({ latestMoverStatus: { result: 'Successful' } });
      const shared = await apply(made, { latestMoverStatus: { logs: 'second' } }, WATCH);
      expect(shared?.status).toEqual({ latestMoverStatus: { result: 'Successful', logs: 'second' } });
    });

    it('the same again writes nothing', async () => {
      const made = await make();
      const status = { lastManualSync: 'a', latestMoverStatus: { result: 'Successful', logs: 'x' } };
      const first = await apply(made, status, RUN);
      const conditions = [condition('Synchronizing')];
      const second = await apply(made, { conditions }, WATCH);
      const third = await apply(made, status, RUN);
      const fourth = await apply(made, { conditions }, WATCH);
      expect(second?.metadata?.resourceVersion).not.toBe(first?.metadata?.resourceVersion);
      expect(third?.metadata?.resourceVersion).toBe(second?.metadata?.resourceVersion);
      expect(fourth?.metadata?.resourceVersion).toBe(second?.metadata?.resourceVersion);
    });

    it('a missing object is undefined, and none is made', async () => {
      const { cluster, namespace } = current();
      const ref = { namespace, name: uniqueName() };
      expect(await cluster.applyStatus('ReplicationSource', ref, { lastManualSync: 'a' }, RUN)).toBeUndefined();
      expect(await cluster.get('ReplicationSource', ref)).toBeUndefined();
    });

    it('a change of the object itself leaves the status alone', async () => {
      const made = await make();
      await apply(made, { lastManualSync: 'a' }, RUN);
      const patched = await current().cluster.patch('ReplicationSource', refOf(made), {
        spec: { paused: true },
        status: { lastManualSync: 'b' },
      });
      expect(patched).toMatchObject({ spec: { ...spec, paused: true }, status: { lastManualSync: 'a' } });
    });
  });
}
