import { randomFillSync } from 'node:crypto';
import { chown, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { CoreV1Api, type V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { execa } from 'execa';
import type { KubernetesObject } from '../platform/worker/objects.ts';
import { watchCollection } from './sightings.ts';
import type { Stage } from './stage.ts';

/** A claim of the benchmark and where this machine sees its content. */
export interface BenchVolume {
  readonly claim: string;
  readonly path: string;
}

export interface Content {
  readonly files: number;
  readonly bytesPerFile: number;
}

/** Whom the movers run as unless a request says otherwise. */
const OWNER = 1000;
const FILES_PER_FOLDER = 50;
const BIND_SECONDS = 60;

/** A bound claim filled with incompressible files that were never seen before. */
export async function createVolume(stage: Stage, claim: string, content: Content): Promise<BenchVolume> {
  const { kube, namespace, platform } = stage;
  await stage.apply(claimObject(namespace, claim, platform.storageClass, sizeFor(content)));
  const claims = await watchCollection<V1PersistentVolumeClaim>(
    kube,
    `/api/v1/namespaces/${namespace}/persistentvolumeclaims`,
    { fieldSelector: `metadata.name=${claim}` },
  );
  try {
    const bound = await claims.until(
      `claim ${claim} Bound`,
      ({ object }) => object.status?.phase === 'Bound',
      BIND_SECONDS,
    );
    const path = await hostPath(stage, bound.object.spec?.volumeName ?? '');
    await fill(path, content);
    await settleDisk(stage);
    return { claim, path };
  } finally {
    claims.close();
  }
}

export const removeVolume = ({ namespace, platform, remove }: Stage, { claim }: BenchVolume): Promise<void> =>
  remove(claimObject(namespace, claim, platform.storageClass, '1Gi'));

/** Everything that was written is on the disk, so that what is measured next does not wait for it. */
export async function settleDisk({ store }: Pick<Stage, 'store'>): Promise<void> {
  await execa('sync', ['-f', store]);
}

async function hostPath({ kube, store }: Stage, volumeName: string): Promise<string> {
  const volume = await kube.makeApiClient(CoreV1Api).readPersistentVolume({ name: volumeName });
  return join(store, 'volumes', volume.spec?.csi?.volumeHandle ?? volumeName);
}

async function fill(path: string, { files, bytesPerFile }: Content): Promise<void> {
  const content = Buffer.allocUnsafe(bytesPerFile);
  for (let index = 0; index < files; index++) {
    const folder = join(path, `folder-${Math.floor(index / FILES_PER_FOLDER)}`);
    if (index % FILES_PER_FOLDER === 0) {
      await mkdir(folder);
      await chown(folder, OWNER, OWNER);
    }
    const file = await open(join(folder, `file-${index}`), 'wx', 0o640);
    try {
      await file.writeFile(randomFillSync(content));
      await file.chown(OWNER, OWNER);
    } finally {
      await file.close();
    }
  }
}

const sizeFor = ({ files, bytesPerFile }: Content): string =>
  `${Math.ceil((files * bytesPerFile * 1.5) / 2 ** 20) + 64}Mi`;

const claimObject = (namespace: string, name: string, storageClassName: string, storage: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, namespace },
  spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources: { requests: { storage } } },
});
