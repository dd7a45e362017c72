import { join } from 'node:path';
import { execa } from 'execa';
import { freePorts } from '../host/ports.ts';
import { compiledRoot } from '../project.ts';
import type { Platform } from '../types.ts';
import { kubectl } from './kubectl.ts';
import { STOWAGE_NAMESPACE } from './repository-objects.ts';

/** The control worker as a process of this machine. */
export type HostWorker = {
  readonly pid: number;
  /** `http://127.0.0.1:…`: `/readyz`, `/metrics`. */
  readonly url: string;
  /** Settles with the exit code when it ends by itself or by `stop`. */
  readonly ended: Promise<number | undefined>;
  /** Drains it and gives the role back to the pod. */
  stop(): Promise<void>;
};

/**
 * For work on the code: the control role runs from `dist/` of this checkout with the platform's kubeconfig, and the pod
 * of that role rests meanwhile. Its log goes to stderr. Movers and repository stay pods.
 */
export async function runControlOnHost(platform: Platform, stowageImage: string): Promise<HostWorker> {
  await scaleControl(platform, 0);
  const [port] = await freePorts('127.0.0.1', candidates);
  const child = execa(process.execPath, [join(compiledRoot(), 'workers/main.js'), 'control'], {
    env: {
      STOWAGE_NAMESPACE,
      STOWAGE_TEMPORAL_ADDRESS: platform.temporal.address,
      STOWAGE_TEMPORAL_NAMESPACE: platform.temporal.namespace,
      STOWAGE_KUBECONFIG: platform.kubeconfig,
      STOWAGE_KUBE_CONTEXT: platform.context,
      STOWAGE_KOPIA_IMAGE: platform.images.kopia,
      STOWAGE_IMAGE: stowageImage,
      STOWAGE_IMAGE_PULL_POLICY: 'Never',
      STOWAGE_HTTP_HOST: '127.0.0.1',
      STOWAGE_HTTP_PORT: String(port),
    },
    extendEnv: false,
    stdin: 'ignore',
    // Standard output is for results; the log of a worker is none.
    stdout: 2,
    stderr: 2,
    reject: false,
    // A Ctrl-C reaches the whole process group: it must be one signal here, because a second one stops without a drain.
    detached: true,
  });
  const ended = child.then(({ exitCode }) => exitCode);
  return {
    pid: child.pid ?? 0,
    url: `http://127.0.0.1:${port}`,
    ended,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await scaleControl(platform, 1);
    },
  };
}

/** Above the ports of all platforms and below the ephemeral range. */
const candidates: readonly number[] = Array.from({ length: 20 }, (_, index) => 28_100 + index);

async function scaleControl(platform: Platform, replicas: number): Promise<void> {
  const scope = ['--namespace', STOWAGE_NAMESPACE];
  await kubectl(platform, ['scale', 'deployment/stowage-control', `--replicas=${replicas}`, ...scope]);
  await kubectl(platform, ['rollout', 'status', 'deployment/stowage-control', ...scope, '--timeout=120s']);
}
