import { describe, expect, it } from 'vitest';
import type { RunStatus } from '../../api/declared-object.ts';
import { isOwnImageClaim, resolveRestore } from '../../api/restore-request.ts';
import { endedRestore, restoreOutcomeOf } from '../../api/restore-status.ts';
import { runStatusOf, startedStatus } from '../../api/run-status.ts';

const former: RunStatus = {
  lastSyncTime: '2026-11-24T10:00:00Z',
  lastSyncDuration: '3s',
  lastManualSync: 'one',
  latestMoverStatus: { result: 'Successful', logs: 'Restored: claim app' },
  latestImage: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'former' },
};
const end = { finishedAt: '2026-11-25T10:00:00.987Z', durationSeconds: 69.111, manual: 'two' };

describe("a run's part of a destination's status", () => {
  it('keeps everything while the run is under way, and leaves the fields of the watch to the watch', () => {
    const current = runStatusOf({ ...former, nextSyncTime: 'n', conditions: [] });
    expect(startedStatus(current, '2026-11-25T09:59:00.5Z')).toEqual({
      ...former,
      lastSyncStartTime: '2026-11-25T09:59:00Z',
    });
  });

  it('answers the manual value, and a new image takes the place of the former one', () => {
    const image = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'new' };
    const started = startedStatus(former, '2026-11-25T09:59:00Z');
    const status = endedRestore(started, { ...end, result: { outcome: 'Restored', message: 'image' }, image });
    expect(status).toEqual({
      lastSyncTime: '2026-11-25T10:00:00Z',
      lastSyncDuration: '1m9.111s',
      lastManualSync: 'two',
      latestMoverStatus: { result: 'Successful', logs: 'Restored: image' },
      latestImage: image,
    });
  });

  it('a failure leaves time, manual value and image of the last success standing', () => {
    const result = { outcome: 'Failed', failureType: 'WrongPassword', message: 'x'.repeat(2000) } as const;
    const { latestMoverStatus, ...rest } = endedRestore({ ...former, lastSyncStartTime: 's' }, { ...end, result });
    const { latestMoverStatus: _, ...kept } = former;
    expect(rest).toEqual(kept);
    expect(latestMoverStatus?.result).toBe('Failed');
    expect(latestMoverStatus?.logs).toMatch(/^WrongPassword: x+…$/);
    expect(latestMoverStatus?.logs).toHaveLength(1024);
  });

  it('a cancel changes nothing but that no run is under way', () => {
    expect(endedRestore({ ...former, lastSyncStartTime: 's' }, end)).toEqual(former);
  });

  it.each([
    { outcome: 'Restored', message: 'claim a: b' },
    { outcome: 'StartedEmpty', message: 'none' },
    { outcome: 'TargetExists', message: 'it exists' },
    { outcome: 'Failed', failureType: 'SnapshotNotFound', message: 'two\nlines' },
  ] as const)('is read again as it was written: $outcome', (result) => {
    expect(restoreOutcomeOf(endedRestore({}, { ...end, result }))).toEqual(result);
  });

  it.each([
    undefined,
    {},
    { latestMoverStatus: { result: 'Successful' as const, logs: 'Restored 3 files' } },
    { latestMoverStatus: { result: 'Successful' as const, logs: 'INFO: of VolSync' } },
  ])('of another hand says nothing of an outcome', (status) => {
    expect(restoreOutcomeOf(status)).toBeUndefined();
  });
});

describe('a request for an image', () => {
  const request = { namespace: 'demo', claim: 'volsync-app-dst-dest', destination: 'app-dst' };

  it('needs the destination on which the image is recorded', () => {
    expect(() => resolveRestore({ ...request, deliver: 'Image' })).toThrow(/must be declared/);
    expect(resolveRestore({ ...request, deliver: 'Image', declared: true }).deliver).toBe('Image');
  });

  it("is also one for VolSync's own claim of a declared destination (copy method Direct), and for no other", () => {
    const own = (change: object) => isOwnImageClaim(resolveRestore({ ...request, declared: true, ...change }));
    expect(own({})).toBe(true);
    expect(own({ claim: 'app-config' })).toBe(false);
    expect(own({ declared: false })).toBe(false);
    expect(own({ deliver: 'Image' })).toBe(false);
  });
});
