import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { componentNames } from '../../platform/boot/components.ts';
import { componentProcess } from '../../platform/boot/supervise.ts';
import { listMounts } from '../../platform/host/mounts.ts';
import { listProcesses } from '../../platform/host/processes.ts';
import { run, tryRun } from '../../platform/host/run.ts';
import { pathsOf, platformsRoot } from '../../platform/layout/paths.ts';
import { downPlatform, readPlatform, restartComponent, upPlatform } from '../../platform/platform.ts';
import { readStatus } from '../../platform/status.ts';
import type { Platform } from '../../platform/types.ts';

const name = 'updown';
const log = (): void => undefined;

/** Everything of this machine that a platform may not leave behind. */
async function footprint(): Promise<Record<string, readonly string[]>> {
  const cgroups = listMounts().filter(({ type }) => type.startsWith('cgroup'));
  const shared = ['/run/netns', '/run/containerd/s', '/var/lib/cni/results', '/var/log/containers', '/var/lib/kubelet'];
  const folders = await Promise.all(
    shared.map(async (folder) => `${folder}: ${await readdir(folder).catch(() => 'absent')}`),
  );
  return {
    processes: listProcesses()
      .filter(({ commandLine }) => commandLine.join(' ').includes(`/${name}/`))
      .map(({ commandLine }) => commandLine.join(' ')),
    mounts: listMounts()
      .map(({ target }) => target)
      .filter((target) => target.includes(name) || target.includes('netns'))
      .sort(),
    interfaces: readdirSync('/sys/class/net').sort(),
    cgroups: cgroups.flatMap(({ target }) => readdirSync(target).filter((entry) => entry.includes(name))),
    loops: (await tryRun('losetup', ['--list', '--noheadings', '--output', 'BACK-FILE'])).stdout
      .split('\n')
      .filter((file) => file.includes(name)),
    folders,
    forwarding: [readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim()],
  };
}

let before: Record<string, readonly string[]>;
let platform: Platform;
const kubectl = (args: readonly string[], input?: string): Promise<string> =>
  run(platform.tools.kubectl!, ['--kubeconfig', platform.kubeconfig, ...args], input === undefined ? {} : { input });
const pids = async (): Promise<(number | undefined)[]> =>
  Promise.all(componentNames.map(async (one) => (await componentProcess(pathsOf(name, platformsRoot()), one))?.pid));

/** A claim, a pod that writes into it once and stays, and a snapshot of the claim. */
function objects(image: string): string {
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '64Mi' } } },
  };
  const container = {
    name: 'app',
    image,
    imagePullPolicy: 'Never',
    command: [
      '/bin/busybox',
      'sh',
      '-c',
      'test -e /data/kept || echo first > /data/kept; exec /bin/busybox sleep 3600',
    ],
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
  };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'app' },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [container],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
    },
  };
  const snapshot = {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshot',
    metadata: { name: 'snap' },
    spec: { source: { persistentVolumeClaimName: 'data' } },
  };
  return [claim, pod, snapshot].map((object) => JSON.stringify(object)).join('\n---\n');
}

beforeAll(async () => {
  await downPlatform(name, { log });
  before = await footprint();
  platform = await upPlatform({ name, log });
}, 900_000);

afterAll(() => downPlatform(name, { log }), 120_000);

test('a pod runs on a provisioned claim and a snapshot of it becomes ready', async () => {
  await kubectl(['apply', '-f', '-'], objects(platform.images.app));
  await kubectl(['wait', '--for=condition=Ready', 'pod/app', '--timeout=60s']);
  await kubectl(['wait', '--for=jsonpath={.status.readyToUse}=true', 'volumesnapshot/snap', '--timeout=60s']);
  expect(await readPlatform(name)).toEqual(platform);
  expect(JSON.parse(await readFile(join(platform.directory, 'platform.json'), 'utf8'))).toEqual(platform);
}, 150_000);

test('a second `up` keeps every process; one that died comes back, with those that depend on it', async () => {
  const first = await pids();
  expect(await upPlatform({ name, log })).toEqual(platform);
  expect(await pids()).toEqual(first);
  await restartComponent(platform, 'csi-driver', log);
  const second = await pids();
  const changed = componentNames.filter((_, index) => first[index] !== second[index]);
  expect(changed).toEqual(['csi-driver', 'csi-snapshotter', 'csi-provisioner']);
  expect((await readStatus(name)).state).toBe('up');
}, 120_000);

test('after SIGKILL of everything `up` comes back with data, objects and pods', async () => {
  for (const { pid, commandLine } of listProcesses()) {
    if (commandLine.some((argument) => argument.includes(`${platform.directory}/`))) process.kill(pid, 'SIGKILL');
  }
  await vi.waitFor(async () => expect((await readStatus(name)).state).toBe('kept'), { timeout: 10_000 });
  await upPlatform({ name, log });
  await kubectl(['wait', '--for=condition=Ready', 'pod/app', '--timeout=90s']);
  const read = () => kubectl(['exec', 'app', '--', '/bin/busybox', 'cat', '/data/kept']);
  await vi.waitFor(async () => expect(await read()).toBe('first'), { timeout: 60_000, interval: 500 });
}, 240_000);

test('`down --keep` leaves only data, and `up` returns with it', async () => {
  await downPlatform(name, { keep: true, log });
  const left = await footprint();
  expect(left).toEqual(before);
  await upPlatform({ name, log });
  expect(await kubectl(['get', 'volumesnapshot', 'snap', '-o', 'jsonpath={.status.readyToUse}'])).toBe('true');
}, 240_000);

test('`down` leaves no process, mount, interface, cgroup, loop device or file', async () => {
  await downPlatform(name, { log });
  expect(await footprint()).toEqual(before);
  expect(await readdir(platform.directory).catch(() => 'absent')).toBe('absent');
  await downPlatform(name, { log });
}, 120_000);
