import { constants } from 'node:fs';
import { access, mkdir, rmdir, stat } from 'node:fs/promises';
import { listMounts } from '../host/mounts.ts';
import { run } from '../host/run.ts';
import type { NodePublishVolumeRequest, NodeUnpublishVolumeRequest } from './messages.ts';
import type { Handlers } from './protocol.ts';
import { isReadOnly, requireCapabilities, requireTarget, requireText } from './requests.ts';
import { CsiCode, CsiError } from './status.ts';
import { findVolume, lockKeys, type Storage } from './volumes.ts';

/** Who this node is and where its kubelet mounts. */
export type NodeOptions = { readonly nodeId: string; readonly kubeletDirectory: string };

/** The Node service. Nothing is staged: a volume is bound from the backend straight into the pod's folder. */
export function nodeHandlers(storage: Storage, options: NodeOptions): Handlers {
  return {
    NodeGetInfo: () => ({ nodeId: options.nodeId }),
    NodeGetCapabilities: () => ({ capabilities: [{ rpc: { type: 'SINGLE_NODE_MULTI_WRITER' } }] }),
    NodePublishVolume: async (request: NodePublishVolumeRequest) => {
      const id = requireText('volume_id', request.volumeId);
      const target = requireTarget(request.targetPath, options.kubeletDirectory);
      if (!request.volumeCapability) throw new CsiError(CsiCode.InvalidArgument, 'volume_capability is missing');
      requireCapabilities([request.volumeCapability]);
      await storage.lock([target, ...lockKeys(storage, id)], async () => {
        const source = await storage.content.mountable(findVolume(storage, id));
        await bind(source, target, isReadOnly(request));
      });
      return {};
    },
    NodeUnpublishVolume: async (request: NodeUnpublishVolumeRequest) => {
      const id = requireText('volume_id', request.volumeId);
      const target = requireTarget(request.targetPath, options.kubeletDirectory);
      // A volume that is not known any more is unmounted all the same: the kubelet would ask for ever.
      await storage.lock([id, target], () => unbind(target));
      return {};
    },
  };
}

async function bind(source: string, target: string, readOnly: boolean): Promise<void> {
  if (isMounted(target)) {
    if (!(await isSameFolder(source, target))) {
      throw new CsiError(CsiCode.AlreadyExists, `another volume is mounted at ${target}`);
    }
  } else {
    await mkdir(target, { recursive: true, mode: 0o750 });
    await run('mount', ['--bind', source, target]);
  }
  // A bind takes no flags of its own: they need a second call. A driver killed between the two is repaired by the kubelet's next one.
  if (readOnly !== (await isMountedReadOnly(target))) {
    await run('mount', ['-o', `remount,bind,${readOnly ? 'ro' : 'rw'}`, target]);
  }
}

async function unbind(target: string): Promise<void> {
  while (isMounted(target)) await run('umount', [target]);
  await rmdir(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

function isMounted(path: string): boolean {
  return listMounts().some(({ target }) => target === path);
}

async function isSameFolder(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([stat(a), stat(b)]);
  return one.dev === other.dev && one.ino === other.ino;
}

async function isMountedReadOnly(path: string): Promise<boolean> {
  // Even root is refused with EROFS there, and with nothing else anywhere.
  return access(path, constants.W_OK).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'EROFS',
  );
}
