import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CAPACITY_BYTES, resolveCapacity, satisfiesRange } from '../../platform/csi/capacity.ts';
import { createKeyedLock } from '../../platform/csi/keyed-lock.ts';
import { idOf, isId, volumeFolder } from '../../platform/csi/names.ts';
import { parseDriverOptions } from '../../platform/csi/options.ts';
import { parseParameters } from '../../platform/csi/parameters.ts';
import { isReadOnly, requireTarget } from '../../platform/csi/requests.ts';
import { pageOf } from '../../platform/csi/snapshots.ts';
import type { SnapshotRecord } from '../../platform/csi/state.ts';

const range = (requiredBytes: number, limitBytes = 0) => ({ requiredBytes, limitBytes });

describe('the size of a new volume', () => {
  it.each([
    ['what is required', range(500), undefined, 500],
    ['the default when nobody asked', null, undefined, DEFAULT_CAPACITY_BYTES],
    ['the limit when it is below the default', range(0, 700), undefined, 700],
    ["the source's when nobody asked", range(0), { what: 's', bytes: 900 }, 900],
    ['bigger than the source when asked', range(950), { what: 's', bytes: 900 }, 950],
  ])('is %s', (_, asked, source, expected) => {
    expect(resolveCapacity(asked, 'directory', source)).toBe(expected);
  });

  it('is refused when a snapshot does not fit, in the words that a claim shows', () => {
    const tooSmall = () => resolveCapacity(range(100), 'directory', { what: 'snapshot s1', bytes: 1000 });
    expect(tooSmall).toThrow('requested volume size 100 is less than the size 1000 of the source snapshot s1');
    expect(() => resolveCapacity(range(0, 100), 'directory', { what: 's', bytes: 1000 })).toThrow(/limit 100/);
    expect(() => resolveCapacity(range(1024), 'limited')).toThrow(/at least/);
  });

  it('always satisfies the range that was asked for', () => {
    const bytes = fc.integer({ min: 0, max: 2 ** 45 });
    void fc.assert(
      fc.property(bytes, bytes, (required, extra) => {
        const asked = range(required, required + extra);
        expect(satisfiesRange(resolveCapacity(asked, 'directory'), asked)).toBe(true);
      }),
    );
  });
});

describe('names', () => {
  const uid = '509d440e-cf74-4cdc-b242-8f2767723edf';

  it("keeps the sidecars' names readable and hides every other", () => {
    expect(idOf('volumes', `pvc-${uid}`)).toBe(`pvc-${uid}`);
    expect(idOf('snapshots', `snapshot-${uid}`)).toBe(`snapshot-${uid}`);
    expect(idOf('volumes', `snapshot-${uid}`)).not.toContain('snapshot');
  });

  it('never lets a name leave its folder, and gives each its own', () => {
    void fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (one, other) => {
        expect(volumeFolder(idOf('volumes', one), {})).toMatch(/^volumes\/pvc-[0-9a-f-]+$/);
        expect(isId('volumes', idOf('volumes', one))).toBe(true);
        if (one !== other) expect(idOf('volumes', one)).not.toBe(idOf('volumes', other));
      }),
    );
  });

  it.each(['../../etc', 'pvc-', `pvc-${uid}/..`, '', `x\npvc-${uid}`])('takes no path from the id %j', (id) => {
    expect(isId('volumes', id)).toBe(false);
  });
});

describe('StorageClass parameters', () => {
  it('are resolved with defaults, and what the provisioner adds is passed over', () => {
    expect(parseParameters({ 'csi.storage.k8s.io/pvc/name': 'data' })).toEqual({
      medium: 'directory',
      rootMode: 0o777,
      rootGroup: 0,
    });
    expect(parseParameters({ medium: 'limited', shared: 'repository', rootMode: '2770', rootGroup: '1000' })).toEqual({
      medium: 'limited',
      shared: 'repository',
      rootMode: 0o2770,
      rootGroup: 1000,
    });
  });

  it.each([
    [{ mediun: 'limited' }, "parameter 'mediun' is unknown"],
    [{ medium: 'tape' }, "parameter medium is 'tape'"],
    [{ shared: '../volumes' }, "parameter shared is '../volumes'"],
    [{ rootMode: '999' }, "parameter rootMode is '999'"],
    [{ rootGroup: 'users' }, "parameter rootGroup is 'users'"],
  ])('%o is refused by name', (raw, message) => {
    expect(() => parseParameters(raw as Record<string, string>)).toThrow(message);
  });
});

describe('publishing', () => {
  const request = (mode: string, readonly = false) => ({
    readonly,
    volumeCapability: { accessMode: { mode }, mount: { fsType: '', mountFlags: [] } },
  });

  it('is read-only for the pod that says so and for ReadOnlyMany, for which the kubelet does not', () => {
    expect(isReadOnly(request('SINGLE_NODE_MULTI_WRITER'))).toBe(false);
    expect(isReadOnly(request('MULTI_NODE_MULTI_WRITER', true))).toBe(true);
    expect(isReadOnly(request('MULTI_NODE_READER_ONLY'))).toBe(true);
  });

  it.each(['/etc', '/kubelet2/pods', '/kubelet/../etc', 'kubelet/pods', ''])('mounts nothing at %j', (target) => {
    expect(() => requireTarget(target, '/kubelet')).toThrow(/target_path/);
  });
});

describe('pages of snapshots', () => {
  const record = (id: string, createdAt: string): SnapshotRecord => ({
    ...{ id, createdAt, name: id, sourceVolumeId: 'v', sizeBytes: 1, medium: 'directory' },
  });
  const all = [record('b', '2026-01-02T00:00:00.000Z'), record('a', '2026-01-03T00:00:00.000Z')];
  const request = { maxEntries: 0, startingToken: '', sourceVolumeId: '', snapshotId: '' };

  it('come oldest first and end without a token', () => {
    const first = pageOf(all, { ...request, maxEntries: 1 });
    expect(first.snapshots.map(({ id }) => id)).toEqual(['b']);
    const second = pageOf(all, { ...request, maxEntries: 1, startingToken: first.nextToken });
    expect([second.snapshots.map(({ id }) => id), second.nextToken]).toEqual([['a'], '']);
  });

  it.each(['-1', '1.5', 'x', '3'])('refuse the token %j', (startingToken) => {
    expect(() => pageOf(all, { ...request, startingToken })).toThrow(/starting_token/);
  });
});

describe('the lock', () => {
  it('runs one call after the other for a key, others beside it, and goes on after a failure', async () => {
    const lock = createKeyedLock();
    const events: string[] = [];
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const first = lock(['a', 'b'], async () => {
      await held;
      events.push('first');
      throw new Error('failed');
    });
    const second = lock(['b', 'a'], async () => events.push('second'));
    await lock(['c'], async () => events.push('other'));
    letGo();
    await expect(first).rejects.toThrow('failed');
    await second;
    expect(events).toEqual(['other', 'first', 'second']);
  });
});

describe('the command line', () => {
  it('names everything that is missing or wrong at once', () => {
    expect(() => parseDriverOptions(['--socket', 'csi.sock', '--backend', 'zfs'])).toThrow(
      /--socket is 'csi.sock'.*--data-dir is missing.*--backend is 'zfs'/,
    );
  });
});
