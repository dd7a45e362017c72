import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PlatformError } from './errors.ts';
import { run } from './host/run.ts';
import { ensureStowageImage } from './images/stowage-image.ts';
import { importImage } from './platform.ts';
import { compiledRoot, projectRoot } from './project.ts';
import type { Log } from './toolchain/progress.ts';
import { stderrLog } from './toolchain/progress.ts';
import type { Platform } from './types.ts';
import { ensureDeclaredKinds } from './worker/declared-kinds.ts';
import { applyObjects, deleteObjects, findObject } from './worker/kubectl.ts';
import { buildWorkerObjects, type KubernetesObject, readManifests, type WorkerTarget } from './worker/objects.ts';
import { waitUntilReady, workerRoles } from './worker/ready.ts';
import {
  generatePassword,
  REPOSITORY_CLAIM,
  REPOSITORY_SECRET,
  repositoryClaim,
  repositorySecret,
  STOWAGE_NAMESPACE,
} from './worker/repository-objects.ts';

export type DeployWorkerOptions = {
  /** A reference that the node knows already; without one the image is built from this checkout. */
  readonly image?: string;
  /** More settings of the workers (`STOWAGE_…`), see `deploy/settings.yaml`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Class of the repository's claim, unless the claim is there; the platform's shared class where left out. */
  readonly storageClass?: string;
  readonly log?: Log;
};

/** Stowage as it runs on a platform. */
export type DeployedWorker = {
  readonly namespace: string;
  readonly image: string;
  readonly repositorySecret: string;
  readonly repositoryClaim: string;
  readonly roles: readonly string[];
  /** From the first object applied to all roles ready. */
  readonly readySeconds: number;
};

const manifestFolder = (): string => join(projectRoot(), 'deploy');

/**
 * Deploys Stowage's three workers on a platform that is up, with the repository's claim and (unless it is there) a Secret
 * with a new password, and waits until all of them poll. Doing it again changes only what differs.
 * @throws PlatformError with the pods' own words when a worker does not get ready.
 */
export async function deployWorker(platform: Platform, options: DeployWorkerOptions = {}): Promise<DeployedWorker> {
  const { log = stderrLog } = options;
  const image = options.image ?? (await buildAndImport(platform, log));
  const started = Date.now();
  const objects = buildWorkerObjects(
    await readManifests(manifestFolder()),
    targetOf(platform, image, options.settings),
  );
  await applyObjects(
    platform,
    objects.filter(({ kind }) => kind === 'Namespace'),
  );
  await ensureDeclaredKinds(platform);
  await ensureRepositoryObjects(platform, options.storageClass ?? platform.sharedStorageClass);
  await applyObjects(platform, [...objects, ...(await readManifests(join(manifestFolder(), 'care')))]);
  log('worker: waiting until control, movers and repository are ready');
  await waitUntilReady(platform);
  const readySeconds = (Date.now() - started) / 1000;
  log(`worker: ready after ${readySeconds.toFixed(1)} s`);
  return {
    namespace: STOWAGE_NAMESPACE,
    image,
    repositorySecret: REPOSITORY_SECRET,
    repositoryClaim: REPOSITORY_CLAIM,
    roles: workerRoles,
    readySeconds,
  };
}

/** Removes the workers and their rights and waits until they are gone. The repository's claim and Secret stay. */
export async function removeWorker(platform: Platform): Promise<void> {
  const objects = await readManifests(manifestFolder());
  await deleteObjects(platform, await readManifests(join(manifestFolder(), 'care')));
  const deployed = ({ kind }: KubernetesObject): boolean => kind === 'Deployment';
  // A worker that drains still needs its rights: they go when its pod is gone.
  await deleteObjects(platform, objects.filter(deployed), ['--cascade=foreground']);
  await deleteObjects(
    platform,
    objects.filter((object) => !deployed(object) && object.kind !== 'Namespace'),
  );
}

/** What the embedded platform sets: addresses instead of names, because it has neither DNS nor Services. Pure. */
export function targetOf(
  platform: Platform,
  image: string,
  settings: Readonly<Record<string, string>> = {},
): WorkerTarget {
  return {
    image,
    pullPolicy: 'Never',
    settings: {
      STOWAGE_TEMPORAL_ADDRESS: platform.temporal.address,
      STOWAGE_TEMPORAL_NAMESPACE: platform.temporal.namespace,
      STOWAGE_KOPIA_IMAGE: platform.images.kopia,
      STOWAGE_IMAGE: image,
      STOWAGE_IMAGE_PULL_POLICY: 'Never',
      KUBERNETES_SERVICE_HOST: platform.apiServer.host,
      KUBERNETES_SERVICE_PORT: String(platform.apiServer.port),
      ...settings,
    },
  };
}

/**
 * Stowage's image made of the compiled project, known to the platform's node; returns its reference, which names it by
 * its content: a pod never runs another build than the one it names.
 * @throws PlatformError when the project is not built or a program is missing.
 */
export async function buildAndImport(platform: Platform, log: Log): Promise<string> {
  const { kopia } = platform.tools;
  if (!kopia)
    throw new PlatformError(`platform ${platform.name} names no kopia among its tools: run 'platform up' again`);
  await run(process.execPath, [join(compiledRoot(), 'workers/bundle-workflows.js')]);
  const { reference, tar } = await ensureStowageImage({ kopia, onProgress: log });
  await importOnce(platform, tar);
  return reference;
}

/** The archive is named by its content too, so a note is enough to spare the seconds that an import takes. */
async function importOnce(platform: Platform, tar: string): Promise<void> {
  const note = join(platform.directory, 'images', `${basename(tar)}.imported`);
  if (existsSync(note)) return;
  await importImage(platform, tar);
  await mkdir(dirname(note), { recursive: true });
  await writeFile(note, '');
}

async function ensureRepositoryObjects(platform: Platform, storageClass: string): Promise<void> {
  const [claim, secret] = await Promise.all([
    findObject(platform, 'persistentvolumeclaim', REPOSITORY_CLAIM, STOWAGE_NAMESPACE),
    findObject(platform, 'secret', REPOSITORY_SECRET, STOWAGE_NAMESPACE),
  ]);
  await applyObjects(platform, [
    ...(claim ? [] : [repositoryClaim(STOWAGE_NAMESPACE, REPOSITORY_CLAIM, storageClass)]),
    ...(secret ? [] : [repositorySecret(STOWAGE_NAMESPACE, REPOSITORY_SECRET, generatePassword())]),
  ]);
}
