import { writeFile } from 'node:fs/promises';
import { buildStorageManifests } from '../csi/manifests.ts';
import { readForwarding } from '../host/interfaces.ts';
import { installPackages } from '../host/packages.ts';
import { checkHost } from '../host/preflight.ts';
import { DRIVER_NAME, pathsOf, platformsRoot } from '../layout/paths.ts';
import { claimSlot } from '../layout/slots.ts';
import { ensureTools } from '../toolchain/ensure.ts';
import { type Log, renderDuration } from '../toolchain/progress.ts';
import { allTools } from '../toolchain/sets.ts';
import type { Platform } from '../types.ts';
import type { ComponentName } from './components.ts';
import { type BootContext, createContext } from './context.ts';
import { describePlatform } from './describe.ts';
import { ensureArchive } from './images.ts';
import { platformImages } from './platform-images.ts';
import { prepareHost } from './prepare.ts';
import { createReadyChecks, type ReadyChecks } from './ready.ts';
import { applyObjects } from './storage.ts';
import { ensureComponent } from './supervise.ts';
import { waitUntil } from './wait.ts';

/**
 * Brings the platform `name` up: what runs is kept, what died is started again, what is missing is made.
 * Nothing is changed before the checks of this machine have passed.
 * @throws PlatformError with the reason and the way out.
 */
export async function bootPlatform(name: string, log: Log): Promise<Platform> {
  const { directory } = pathsOf(name, platformsRoot());
  const facts = await checkHost();
  if (facts.missingPackages.length > 0) await installPackages(facts.missingPackages, log);
  await ensureTools(allTools, { onProgress: log });
  const context = await createContext(name, await claimSlot(directory, await readForwarding()), log);
  const images = await platformImages(context);
  const started = Date.now();
  log(`platform ${name}: starting in ${directory}`);
  await prepareHost(context, images.pause.reference);
  const checks = await createReadyChecks(context);
  try {
    const archives = Object.values(images).map((image) => image.tar);
    await Promise.all([
      startNode(context, checks, archives),
      startControlPlane(context, checks),
      start(context, checks, 'temporal'),
    ]);
    await waitUntil(`node of platform ${name} ready`, checks.nodeReady);
    await waitUntil('CSI driver registered with the kubelet', checks.driverRegistered);
    await waitUntil('default service account', checks.defaultAccount);
  } finally {
    checks.close();
  }
  const platform = describePlatform(context, images);
  await writeFile(context.paths.platformFile, `${JSON.stringify(platform, null, 2)}\n`);
  log(`platform ${name}: up in ${renderDuration((Date.now() - started) / 1000)}`);
  return platform;
}

/** Starts a component unless it runs, and waits until it does its work. */
export async function start(context: BootContext, checks: ReadyChecks, name: ComponentName): Promise<void> {
  const watched = await ensureComponent(context, name);
  await waitUntil(`${name} of platform ${context.name}`, () => checks.check(name), [watched]);
}

async function startNode(context: BootContext, checks: ReadyChecks, archives: readonly string[]): Promise<void> {
  await start(context, checks, 'containerd');
  for (const archive of archives) await ensureArchive(context.paths, archive);
}

async function startControlPlane(context: BootContext, checks: ReadyChecks): Promise<void> {
  await start(context, checks, 'etcd');
  await start(context, checks, 'kube-apiserver');
  await ensureComponent(context, 'kube-controller-manager');
  await ensureComponent(context, 'kube-scheduler');
  await Promise.all([startStorage(context, checks), startKubelet(context, checks)]);
}

async function startKubelet(context: BootContext, checks: ReadyChecks): Promise<void> {
  await waitUntil('containerd socket', () => checks.check('containerd'));
  await start(context, checks, 'kubelet');
}

async function startStorage(context: BootContext, checks: ReadyChecks): Promise<void> {
  await Promise.all([start(context, checks, 'csi-driver'), applyObjects(context, buildStorageManifests(DRIVER_NAME))]);
  for (const name of ['snapshot-controller', 'csi-snapshotter', 'csi-provisioner'] as const)
    await ensureComponent(context, name);
}
