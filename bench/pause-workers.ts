import { setTimeout as sleep } from 'node:timers/promises';
import { AppsV1Api } from '@kubernetes/client-node';
import type { Stage } from './stage.ts';

/** The workers that touch data. */
const ROLES = ['movers', 'repository'] as const;

const LIMIT_SECONDS = 120;

/** Does `work` while runs are begun and counted, but nobody moves data for them. */
export async function withoutMovers<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
  await Promise.all(ROLES.map((role) => scale(stage, role, 0)));
  try {
    return await work();
  } finally {
    await Promise.all(ROLES.map((role) => scale(stage, role, 1)));
  }
}

async function scale({ kube, workerNamespace: namespace }: Stage, role: string, replicas: number): Promise<void> {
  const api = kube.makeApiClient(AppsV1Api);
  const name = `stowage-${role}`;
  const found = await api.readNamespacedDeploymentScale({ namespace, name });
  await api.replaceNamespacedDeploymentScale({ namespace, name, body: { ...found, spec: { replicas } } });
  const deadline = Date.now() + LIMIT_SECONDS * 1000;
  for (;;) {
    const { status } = await api.readNamespacedDeployment({ namespace, name });
    if ((status?.readyReplicas ?? 0) === replicas && (status?.replicas ?? 0) === replicas) return;
    if (Date.now() > deadline) throw new Error(`deployment ${name} has not ${replicas} pods within ${LIMIT_SECONDS} s`);
    await sleep(250);
  }
}
