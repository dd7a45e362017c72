import { randomBytes, randomUUID } from 'node:crypto';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { execa } from 'execa';
import { type ControlActivities, createControlActivities } from '../../activities/control-activities.ts';
import type { ActivityDependencies } from '../../activities/dependencies.ts';
import { type ConnectedCluster, connectCluster } from '../../activities/kubernetes/client.ts';
import { watchReads } from '../../activities/kubernetes/watched-reads.ts';
import { createMoverActivities, type MoverActivities } from '../../activities/mover-activities.ts';
import { systemClock } from '../../activities/ports/clock.ts';
import { preflightWatches } from '../../activities/volume/preflight-watches.ts';
import { buildStorageClass } from '../../platform/csi/manifests.ts';
import { DRIVER_NAME } from '../../platform/layout/paths.ts';
import type { Platform } from '../../platform/types.ts';
import type { RunReference } from '../../workflows/backup/contract.ts';
import { createKubectl, type Kubectl } from '../system/kubectl.ts';
import { claimManifest, namespaceManifest, scriptJobManifest, secretManifest } from '../system/objects.ts';
import { OpenRuns } from './small-world.ts';

/** The activities on the real cluster, a repository made by the real Kopia, and no Temporal. */
export interface RealWorld {
  readonly namespace: string;
  readonly cluster: ConnectedCluster;
  readonly kubectl: Kubectl;
  readonly runs: OpenRuns;
  readonly control: ControlActivities;
  readonly movers: MoverActivities;
  readonly uniqueId: string;
  readonly heartbeats: unknown[];
  run<T>(activity: () => Promise<T>): Promise<T>;
  start<T>(activity: () => Promise<T>): { readonly result: Promise<T>; cancel(): void };
  /** Makes a claim and runs a script on it as the application would. */
  createClaim(claim: string, script: string): Promise<void>;
  script(claim: string, script: string): Promise<string>;
  kopia(...args: string[]): Promise<string>;
  close(): Promise<void>;
}

export interface RealWorldOptions {
  readonly platform: Platform;
  readonly stowageImage: string;
  /** At most 12 characters. */
  readonly name: string;
  readonly privileged?: boolean;
  /** A repository volume of exactly this size. */
  readonly repositorySize?: string;
  readonly settings?: Partial<ActivityDependencies['settings']>;
}

export const newRun = (): RunReference => ({ workflowId: `test/${randomUUID()}`, runId: randomUUID() });

export async function createRealWorld(options: RealWorldOptions): Promise<RealWorld> {
  const { platform, privileged = false, repositorySize } = options;
  const name = `${options.name}-${randomBytes(2).toString('hex')}`;
  const cluster = connectCluster({ type: 'Kubeconfig', path: platform.kubeconfig, context: platform.context });
  const kubectl = createKubectl(platform.tools.kubectl!, platform.kubeconfig);
  const stowageNamespace = `stowage-${name}`;
  const sharedClass = `shared-${name}`;
  const password = randomBytes(12).toString('hex');
  const size = repositorySize ?? '2Gi';
  const shared = { name: sharedClass, driverName: DRIVER_NAME, shared: name, rootMode: '2777', rootGroup: 1000 };
  await kubectl.apply(
    buildStorageClass(repositorySize ? { ...shared, limited: true } : shared),
    namespaceManifest(stowageNamespace, false),
    namespaceManifest(name, privileged),
    claimManifest(stowageNamespace, 'kopia', sharedClass, size, 'ReadWriteMany'),
    claimManifest(name, 'kopia', sharedClass, size, 'ReadWriteMany'),
    secretManifest(name, 'app-volsync-secret', password),
  );
  await kubectl.run(
    'wait',
    '-n',
    stowageNamespace,
    'pvc/kopia',
    '--for=jsonpath={.status.phase}=Bound',
    '--timeout=60s',
  );
  const volumes = join(platform.directory, 'csi/volumes', repositorySize ? 'mounts' : 'store', 'shared', name);
  const repository = await createRepository(platform, volumes, password);
  const runs = new OpenRuns();
  const silent = (): void => undefined;
  const dependencies: ActivityDependencies = {
    cluster,
    runs,
    clock: systemClock,
    settings: {
      stowageNamespace,
      kopiaImage: platform.images.kopia,
      stowageImage: options.stowageImage,
      imagePullPolicy: 'Never',
      ...options.settings,
    },
    log: { debug: silent, info: silent, warn: silent },
  };
  // As the control worker does.
  const reads = watchReads(cluster, preflightWatches(stowageNamespace), dependencies.log);
  const control = createControlActivities({ ...dependencies, cluster: reads });
  const heartbeats: unknown[] = [];
  const environment = (): MockActivityEnvironment => {
    const made = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
    made.on('heartbeat', (details: unknown) => heartbeats.push(details));
    return made;
  };
  const run = <T>(activity: () => Promise<T>): Promise<T> => environment().run(activity);
  await run(() =>
    control.recordRepositoryIdentity({
      repository: 'kopia',
      uniqueId: repository.uniqueId,
      runId: 'init',
      replace: false,
    }),
  );
  const script = async (claim: string, text: string): Promise<string> => {
    const job = `script-${randomBytes(3).toString('hex')}`;
    await kubectl.apply(scriptJobManifest(name, job, platform.images.app, claim, text, privileged ? 0 : 1000));
    await kubectl.run('wait', `job/${job}`, '-n', name, '--for=jsonpath={.status.conditions[0].type}', '--timeout=60s');
    const output = await kubectl.run('logs', `job/${job}`, '-n', name);
    const ended = await kubectl.run('get', `job/${job}`, '-n', name, '-o', 'jsonpath={.status.conditions[*].type}');
    await kubectl.run('delete', 'job', job, '-n', name, '--wait');
    if (/Fail/.test(ended)) throw new Error(`script failed: ${output}`);
    return output;
  };
  return {
    ...{ namespace: name, cluster, kubectl, runs, control, heartbeats, run, script },
    movers: createMoverActivities(dependencies),
    uniqueId: repository.uniqueId,
    kopia: repository.kopia,
    start(activity) {
      const made = environment();
      const result: ReturnType<typeof activity> = made.run(activity);
      result.catch(silent);
      return { result, cancel: () => made.cancel() };
    },
    async createClaim(claim, text) {
      await kubectl.apply(claimManifest(name, claim, platform.storageClass, '256Mi'));
      await script(claim, text);
    },
    async close() {
      reads.close();
      await kubectl.run('delete', 'namespace', name, stowageNamespace, '--wait=true', '--timeout=90s');
      await kubectl.run('delete', 'storageclass', sharedClass, '--ignore-not-found');
      cluster.close();
      await repository.close();
    },
  };
}

/** A repository as `init` makes it, and the real Kopia connected to it from this machine. */
async function createRepository(platform: Platform, path: string, password: string) {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-repository-'));
  const config = join(folder, 'kopia.config');
  const env = { KOPIA_PASSWORD: password, KOPIA_CONFIG_PATH: config, KOPIA_CHECK_FOR_UPDATES: 'false', HOME: folder };
  const kopia = async (...args: string[]): Promise<string> =>
    (await execa(platform.tools.kopia!, [...args, '--log-level=error', '--disable-file-logging'], { env })).stdout;
  const storage = { type: 'filesystem', config: { path, fileMode: 0o660, dirMode: 0o770 } };
  await writeFile(config, JSON.stringify({ storage, hostname: 'test', username: 'test', formatBlobCacheDuration: -1 }));
  const modes = ['--file-mode=660', '--dir-mode=770'];
  await kopia('repository', 'create', 'filesystem', '--create-only', ...modes, `--path=${path}`);
  // This machine's Kopia runs as root; the movers' share is the group.
  await execa('chgrp', ['-R', '1000', path]);
  await chown(path, 0, 1000);
  const { uniqueIDHex } = JSON.parse(await kopia('repository', 'status', '--json')) as { uniqueIDHex: string };
  return { uniqueId: uniqueIDHex, kopia, close: () => rm(folder, { recursive: true, force: true }) };
}
