import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { appendFile, chmod, link, lstat, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unmountBackend } from '../../platform/csi/teardown.ts';
import { isBelow, listMounts, loopDevicesBelow } from '../../platform/host/mounts.ts';
import { type DriverProcess, startDriverProcess } from './csi-driver-process.ts';

const MiB = 1024 * 1024;
const isRoot = process.getuid?.() === 0;
const mountable = (mode = 'SINGLE_NODE_SINGLE_WRITER') => ({ mount: {}, accessMode: { mode } });
type VolumeAnswer = { volume: { volumeId: string; capacityBytes: number } };
type SnapshotAnswer = {
  snapshot: { snapshotId: string; sizeBytes: number; readyToUse: boolean; creationTime: { seconds: number } };
};
type SnapshotList = { entries: { snapshot: { snapshotId: string } }[]; nextToken: string };

describe.skipIf(!isRoot)('the CSI driver over its sockets (mounting needs root)', () => {
  describe.each(['btrfs', 'directory'] as const)('on %s', (backend) => {
    let process_: DriverProcess;
    beforeAll(async () => {
      process_ = await startDriverProcess(backend);
    });
    afterAll(() => process_?.dispose());

    const create = async (name: string, more: object = {}): Promise<VolumeAnswer['volume']> => {
      const request = {
        name,
        capacityRange: { requiredBytes: 64 * MiB },
        volumeCapabilities: [mountable()],
        ...more,
      };
      return (await process_.driver<VolumeAnswer>('CreateVolume', request)).volume;
    };
    const target = (name: string): string => join(process_.kubeletDirectory, 'pods', name, 'mount');
    const publish = async (volumeId: string, name: string, more: object = {}): Promise<string> => {
      const request = { volumeId, targetPath: target(name), volumeCapability: mountable(), ...more };
      await process_.driver('NodePublishVolume', request);
      return target(name);
    };
    const unpublish = (volumeId: string, name: string) =>
      process_.driver('NodeUnpublishVolume', { volumeId, targetPath: target(name) });
    const remove = (volumeId: string) => process_.driver('DeleteVolume', { volumeId });
    const cut = async (sourceVolumeId: string, name: string): Promise<SnapshotAnswer['snapshot']> =>
      (await process_.driver<SnapshotAnswer>('CreateSnapshot', { sourceVolumeId, name })).snapshot;
    const fromSnapshot = (snapshotId: string) => ({ volumeContentSource: { snapshot: { snapshotId } } });
    const refusal = (call: Promise<unknown>) =>
      call.then(
        () => 'accepted',
        ({ code }: { code: number }) => status[code],
      );

    it('tells kubelet and sidecars what it is and can', async () => {
      expect(await process_.registration('GetInfo')).toMatchObject({
        type: 'CSIPlugin',
        name: 'csi.test',
        endpoint: join(process_.folder, 'csi.sock'),
        supportedVersions: ['1.0.0'],
      });
      await process_.registration('NotifyRegistrationStatus', { pluginRegistered: true });
      expect(await process_.driver('GetPluginInfo')).toMatchObject({ name: 'csi.test' });
      expect(await process_.driver('Probe')).toMatchObject({ ready: { value: true } });
      const { capabilities } = await process_.driver<{ capabilities: { rpc: { type: string } }[] }>(
        'ControllerGetCapabilities',
      );
      const types = capabilities.map(({ rpc }) => rpc.type);
      expect(types).toEqual(expect.arrayContaining(['CREATE_DELETE_VOLUME', 'CREATE_DELETE_SNAPSHOT', 'CLONE_VOLUME']));
      const node = await process_.driver<{ capabilities: { rpc: { type: string } }[] }>('NodeGetCapabilities');
      expect(node.capabilities.map(({ rpc }) => rpc.type)).not.toContain('STAGE_UNSTAGE_VOLUME');
      expect(await process_.driver('NodeGetInfo')).toMatchObject({ nodeId: 'node1' });
    });

    it('brings a snapshot back as it was cut, survives a SIGKILL in the middle, and leaves nothing after deletion', async () => {
      const volume = await create('main');
      const app = await publish(volume.volumeId, 'app');
      expect(statSync(app).mode & 0o7777).toBe(0o777);
      await fillWithOddities(app);
      const before = await describeTree(app);
      const snapshot = await cut(volume.volumeId, 'nightly');
      expect(snapshot).toMatchObject({ sizeBytes: 64 * MiB, readyToUse: true });
      await writeFile(join(app, 'later'), 'not in the snapshot');
      await writeFile(join(app, 'random'), 'changed after the snapshot');

      await process_.kill('SIGKILL');
      await appendFile(join(app, 'later'), ', written while no driver ran');
      await process_.start();

      const clone = await create('from-snapshot', fromSnapshot(snapshot.snapshotId));
      const cloned = await publish(clone.volumeId, 'clone');
      expect(await describeTree(cloned)).toEqual(before);
      await writeFile(join(cloned, 'own'), 'x');
      expect(existsSync(join(app, 'own'))).toBe(false);
      const direct = await create('from-volume', { volumeContentSource: { volume: { volumeId: volume.volumeId } } });
      const directTarget = await publish(direct.volumeId, 'direct');
      expect(await readFile(join(directTarget, 'later'), 'utf8')).toBe(
        'not in the snapshot, written while no driver ran',
      );

      expect(await refusal(remove(volume.volumeId))).toBe('FAILED_PRECONDITION');
      await unpublish(volume.volumeId, 'app');
      await remove(volume.volumeId);
      const again = await create('from-snapshot-2', fromSnapshot(snapshot.snapshotId));
      expect(await describeTree(await publish(again.volumeId, 'again'))).toEqual(before);

      for (const [id, name] of [
        [clone.volumeId, 'clone'],
        [direct.volumeId, 'direct'],
        [again.volumeId, 'again'],
      ] as const) {
        await unpublish(id, name);
        await unpublish(id, name);
        await remove(id);
        await remove(id);
      }
      await process_.driver('DeleteSnapshot', { snapshotId: snapshot.snapshotId });
      await process_.driver('DeleteSnapshot', { snapshotId: snapshot.snapshotId });
      expect(existsSync(target('app'))).toBe(false);
      expect(readdirSync(join(process_.dataDirectory, 'store', 'volumes'))).toEqual([]);
      expect(readdirSync(join(process_.dataDirectory, 'store', 'snapshots'))).toEqual([]);
      expect(listMounts().filter((mount) => isBelow(mount.target, process_.kubeletDirectory))).toEqual([]);
    });

    // The directory backend copies file by file and says so.
    it.skipIf(backend === 'directory')('cuts at one point in time while an application writes', async () => {
      const volume = await create('busy');
      const app = await publish(volume.volumeId, 'busy');
      const padding = randomBytes(64 * 1024);
      let writing = true;
      const writer = (async () => {
        for (let round = 1; writing; round += 1) {
          for (const file of ['first', 'second']) await writeFile(join(app, `${file}-${round}`), padding);
        }
      })();
      const cuts = [];
      for (const name of ['busy-1', 'busy-2', 'busy-3']) {
        const { snapshotId } = await cut(volume.volumeId, name);
        const clone = await create(`${name}-clone`, fromSnapshot(snapshotId));
        cuts.push({ snapshotId, volumeId: clone.volumeId, name });
      }
      writing = false;
      await writer;
      for (const { snapshotId, volumeId, name } of cuts) {
        const files = readdirSync(await publish(volumeId, name));
        const count = (prefix: string) => files.filter((file) => file.startsWith(prefix)).length;
        expect(count('first') - count('second')).toBeOneOf([0, 1]);
        await unpublish(volumeId, name);
        await remove(volumeId);
        await process_.driver('DeleteSnapshot', { snapshotId });
      }
      await unpublish(volume.volumeId, 'busy');
      await remove(volume.volumeId);
    });

    it('gives the same volume and snapshot for the same name, and refuses a different one under it', async () => {
      const first = await create('same');
      expect((await create('same')).volumeId).toBe(first.volumeId);
      expect(await refusal(create('same', { capacityRange: { requiredBytes: 128 * MiB } }))).toBe('ALREADY_EXISTS');
      expect(await refusal(create('same', { parameters: { rootMode: '0700' } }))).toBe('ALREADY_EXISTS');
      const other = await create('other');
      const snapshot = await cut(first.volumeId, 'same');
      expect(await cut(first.volumeId, 'same')).toEqual(snapshot);
      expect(await refusal(cut(other.volumeId, 'same'))).toBe('ALREADY_EXISTS');
      const many = await Promise.all(Array.from({ length: 8 }, () => create('at-once')));
      expect(new Set(many.map(({ volumeId }) => volumeId)).size).toBe(1);
      for (const { volumeId } of [first, other, many[0]!]) await remove(volumeId);
      await process_.driver('DeleteSnapshot', { snapshotId: snapshot.snapshotId });
    });

    it('refuses what cannot be, each with its own code', async () => {
      const volume = await create('codes');
      const snapshot = await cut(volume.volumeId, 'codes');
      const small = { capacityRange: { requiredBytes: 32 * MiB }, ...fromSnapshot(snapshot.snapshotId) };
      expect(await refusal(create('smaller', small))).toBe('OUT_OF_RANGE');
      expect(await refusal(create('contrary', { capacityRange: { requiredBytes: 2, limitBytes: 1 } }))).toBe(
        'OUT_OF_RANGE',
      );
      expect(await refusal(create('', {}))).toBe('INVALID_ARGUMENT');
      expect(await refusal(create('nothing', { volumeCapabilities: [] }))).toBe('INVALID_ARGUMENT');
      const block = { volumeCapabilities: [{ block: {}, accessMode: { mode: 'SINGLE_NODE_WRITER' } }] };
      expect(await refusal(create('block', block))).toBe('INVALID_ARGUMENT');
      expect(await refusal(create('unknown', { parameters: { colour: 'red' } }))).toBe('INVALID_ARGUMENT');
      expect(await refusal(create('orphan', fromSnapshot('snapshot-none')))).toBe('NOT_FOUND');
      expect(await refusal(cut('pvc-none', 'orphan'))).toBe('NOT_FOUND');
      expect(await refusal(publish('pvc-none', 'none'))).toBe('NOT_FOUND');
      const outside = { volumeId: volume.volumeId, targetPath: '/etc/mount', volumeCapability: mountable() };
      expect(await refusal(process_.driver('NodePublishVolume', outside))).toBe('INVALID_ARGUMENT');
      expect(await refusal(process_.driver('NodeExpandVolume', { volumeId: 'x', volumePath: '/x' }))).toBe(
        'UNIMPLEMENTED',
      );
      expect(
        await process_.driver('ValidateVolumeCapabilities', {
          volumeId: volume.volumeId,
          volumeCapabilities: [block.volumeCapabilities[0]],
        }),
      ).toMatchObject({ confirmed: null });
      await process_.driver('DeleteSnapshot', { snapshotId: snapshot.snapshotId });
      await remove(volume.volumeId);
    });

    it('lists snapshots by id and volume, in pages', async () => {
      const volume = await create('listed');
      const ids = [];
      for (const name of ['l1', 'l2', 'l3']) ids.push((await cut(volume.volumeId, name)).snapshotId);
      const list = (request: object) => process_.driver<SnapshotList>('ListSnapshots', request);
      const idsOf = (page: SnapshotList) => page.entries.map(({ snapshot }) => snapshot.snapshotId);
      expect(idsOf(await list({ sourceVolumeId: volume.volumeId }))).toEqual(ids);
      expect(idsOf(await list({ snapshotId: ids[1] }))).toEqual([ids[1]]);
      expect(idsOf(await list({ snapshotId: 'snapshot-none' }))).toEqual([]);
      const first = await list({ sourceVolumeId: volume.volumeId, maxEntries: 2 });
      expect(idsOf(first)).toEqual(ids.slice(0, 2));
      const second = await list({ sourceVolumeId: volume.volumeId, maxEntries: 2, startingToken: first.nextToken });
      expect([idsOf(second), second.nextToken]).toEqual([ids.slice(2), '']);
      expect(await refusal(list({ startingToken: 'x' }))).toBe('ABORTED');
      for (const snapshotId of ids) await process_.driver('DeleteSnapshot', { snapshotId });
      await remove(volume.volumeId);
    });

    it('mounts read-only when the pod or the access mode says so, and repairs a half-made read-only mount', async () => {
      const volume = await create('readonly');
      const write = (folder: string) =>
        writeFile(join(folder, 'f'), 'x').then(
          () => 'written',
          ({ code }: { code: string }) => code,
        );
      expect(await write(await publish(volume.volumeId, 'rw'))).toBe('written');
      expect(await write(await publish(volume.volumeId, 'ro', { readonly: true }))).toBe('EROFS');
      const reader = { volumeCapability: mountable('MULTI_NODE_READER_ONLY') };
      expect(await write(await publish(volume.volumeId, 'rom', reader))).toBe('EROFS');
      expect(await write(target('rw'))).toBe('written');
      execFileSync('mount', ['-o', 'remount,bind,rw', target('ro')]);
      await publish(volume.volumeId, 'ro', { readonly: true });
      expect(await write(target('ro'))).toBe('EROFS');
      for (const name of ['rw', 'ro', 'rom']) await unpublish(volume.volumeId, name);
      await remove(volume.volumeId);
    });

    it('gives all claims of a shared class one folder that outlives them', async () => {
      const parameters = { shared: 'repository', rootMode: '2770', rootGroup: '1000' };
      const one = await create('shared-1', { parameters });
      const two = await create('shared-2', { parameters });
      expect(one.volumeId).not.toBe(two.volumeId);
      await writeFile(join(await publish(one.volumeId, 's1'), 'pack'), 'data');
      expect(statSync(target('s1'))).toMatchObject({ gid: 1000 });
      expect(await readFile(join(await publish(two.volumeId, 's2'), 'pack'), 'utf8')).toBe('data');
      for (const [id, name] of [
        [one.volumeId, 's1'],
        [two.volumeId, 's2'],
      ] as const) {
        await unpublish(id, name);
        await remove(id);
      }
      const three = await create('shared-3', { parameters });
      expect(await readFile(join(await publish(three.volumeId, 's3'), 'pack'), 'utf8')).toBe('data');
      await unpublish(three.volumeId, 's3');
      await remove(three.volumeId);
    });

    it('limits a limited volume to its size, keeps its snapshots usable and lets a bigger clone grow', async () => {
      const limited = { parameters: { medium: 'limited' }, capacityRange: { requiredBytes: 16 * MiB } };
      const volume = await create('limited', limited);
      const app = await publish(volume.volumeId, 'limited');
      expect(readdirSync(app)).toEqual([]);
      await writeFile(join(app, 'kept'), randomBytes(MiB));
      await expect(writeFile(join(app, 'big'), Buffer.alloc(17 * MiB))).rejects.toMatchObject({ code: 'ENOSPC' });
      const snapshot = await cut(volume.volumeId, 'limited');
      const bigger = { ...limited, capacityRange: { requiredBytes: 48 * MiB }, ...fromSnapshot(snapshot.snapshotId) };
      const clone = await create('limited-clone', bigger);
      const cloned = await publish(clone.volumeId, 'limited-clone');
      expect((await readFile(join(cloned, 'kept'))).equals(await readFile(join(app, 'kept')))).toBe(true);
      await writeFile(join(cloned, 'more'), Buffer.alloc(20 * MiB));
      expect(await refusal(create('other-medium', fromSnapshot(snapshot.snapshotId)))).toBe('INVALID_ARGUMENT');

      // As after a power cut: driver and mounts are gone, the data is there.
      await process_.kill('SIGKILL');
      execFileSync('umount', [app]);
      execFileSync('umount', [cloned]);
      await unmountBackend(process_.dataDirectory);
      expect(await loopDevicesBelow(process_.dataDirectory)).toEqual([]);
      await process_.start();
      expect(statSync(join(await publish(clone.volumeId, 'limited-clone'), 'more')).size).toBe(20 * MiB);

      for (const [id, name] of [
        [volume.volumeId, 'limited'],
        [clone.volumeId, 'limited-clone'],
      ] as const) {
        await unpublish(id, name);
        await remove(id);
      }
      await process_.driver('DeleteSnapshot', { snapshotId: snapshot.snapshotId });
      expect(listMounts().filter(({ target: at }) => isBelow(at, join(process_.dataDirectory, 'mounts')))).toEqual([]);
    });

    it('keeps a limited shared folder at the size of its first claim, full for everybody', async () => {
      const parameters = { medium: 'limited', shared: 'full' };
      const sized = (mebibytes: number) => ({ parameters, capacityRange: { requiredBytes: mebibytes * MiB } });
      const first = await create('full-1', sized(16));
      const app = await publish(first.volumeId, 'full-1');
      await expect(writeFile(join(app, 'big'), Buffer.alloc(17 * MiB))).rejects.toMatchObject({ code: 'ENOSPC' });
      const second = await create('full-2', sized(16));
      const other = await publish(second.volumeId, 'full-2');
      await expect(writeFile(join(other, 'more'), Buffer.alloc(MiB))).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(await refusal(create('full-3', sized(64)))).toBe('OUT_OF_RANGE');

      // After a power cut both claims come back at once: one disk, mounted once.
      await process_.kill('SIGKILL');
      await unmountBackend(process_.dataDirectory);
      await process_.start();
      await Promise.all([publish(first.volumeId, 'full-1'), publish(second.volumeId, 'full-2')]);
      const disk = join(process_.dataDirectory, 'mounts/shared/full');
      expect(listMounts().filter((mount) => mount.target === disk)).toHaveLength(1);
      expect(statSync(join(other, 'big')).ino).toBe(statSync(join(app, 'big')).ino);
      const cuts = await Promise.all([cut(first.volumeId, 'full-1'), cut(second.volumeId, 'full-2')]);
      for (const { snapshotId } of cuts) await process_.driver('DeleteSnapshot', { snapshotId });
      await unpublish(first.volumeId, 'full-1');
      await unpublish(second.volumeId, 'full-2');
      await remove(first.volumeId);
      await remove(second.volumeId);
    });

    it('ends cleanly on SIGTERM, leaving pods their mounts, and after the teardown nothing is mounted or attached', async () => {
      const volume = await create('last');
      const app = await publish(volume.volumeId, 'last');
      await writeFile(join(app, 'f'), 'x');
      expect(await process_.kill('SIGTERM')).toBe(0);
      expect(await readFile(join(app, 'f'), 'utf8')).toBe('x');
      expect(existsSync(join(process_.folder, 'csi.sock'))).toBe(false);
      await unmountBackend(process_.dataDirectory);
      await unmountBackend(process_.dataDirectory);
      expect(listMounts().filter((mount) => isBelow(mount.target, process_.folder))).toEqual([]);
      expect(await loopDevicesBelow(process_.folder)).toEqual([]);
      await process_.start();
      expect(await readFile(join(await publish(volume.volumeId, 'last'), 'f'), 'utf8')).toBe('x');
    });
  });
});

async function fillWithOddities(folder: string): Promise<void> {
  await mkdir(join(folder, 'nested/deeper/empty'), { recursive: true });
  await writeFile(join(folder, 'random'), randomBytes(300_000));
  await writeFile(join(folder, 'nested', 'a name\nwith a line'), 'odd');
  await link(join(folder, 'random'), join(folder, 'nested', 'hard'));
  await symlink('../random', join(folder, 'nested', 'soft'));
  await chmod(join(folder, 'random'), 0o640);
  execFileSync('chown', ['1001:1002', join(folder, 'random')]);
  execFileSync('truncate', ['--size=5M', join(folder, 'sparse')]);
}

async function describeTree(folder: string): Promise<Record<string, string>> {
  const tree: Record<string, string> = {};
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  for (const name of names) {
    const path = join(folder, name);
    const { mode, uid, gid, size, mtimeMs, nlink } = await lstat(path);
    const content = (mode & 0o170000) === 0o100000 ? (await readFile(path)).toString('base64') : '';
    const linked = (mode & 0o170000) === 0o100000 ? nlink : '';
    tree[name] = [mode.toString(8), uid, gid, content ? size : '', mtimeMs, linked, content].join(' ');
  }
  return tree;
}
