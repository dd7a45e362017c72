import { PlatformError } from '../errors.ts';
import { type ClusterAccess, inspect, kubectl } from './kubectl.ts';
import { STOWAGE_NAMESPACE } from './repository-objects.ts';

export const workerRoles = ['control', 'movers', 'repository'] as const;
export type DeployedRole = (typeof workerRoles)[number];

/** A worker that is not ready after this time has said why; seconds. */
const TIMEOUT_SECONDS = 120;

/**
 * Waits until every role's new pods are ready, that is connected to Temporal and polling.
 * @throws PlatformError with the pods' states and the last lines of their logs.
 */
export async function waitUntilReady(access: ClusterAccess, timeoutSeconds = TIMEOUT_SECONDS): Promise<void> {
  await Promise.all(workerRoles.map((role) => waitForRole(access, role, timeoutSeconds)));
}

async function waitForRole(access: ClusterAccess, role: DeployedRole, timeoutSeconds: number): Promise<void> {
  const scope = ['--namespace', STOWAGE_NAMESPACE];
  const rollout = ['rollout', 'status', `deployment/stowage-${role}`, ...scope, `--timeout=${timeoutSeconds}s`];
  try {
    await kubectl(access, rollout);
  } catch {
    const selector = ['--selector', `app.kubernetes.io/component=${role}`];
    const [pods, log, previous] = await Promise.all([
      inspect(access, ['get', 'pods', ...scope, ...selector, '--output', `jsonpath=${STATES}`]),
      inspect(access, ['logs', ...scope, ...selector, '--tail=8']),
      inspect(access, ['logs', ...scope, ...selector, '--tail=8', '--previous']),
    ]);
    throw new PlatformError(
      `the worker '${role}' is not ready after ${timeoutSeconds} s: ${pods || 'it has no pod'}\n${log}\n${previous}`.trim(),
    );
  }
}

/** Phase of each pod, why it can't be scheduled, and why its container waits. */
const STATES =
  '{range .items[*]}{.metadata.name} {.status.phase} {.status.conditions[?(@.status=="False")].message} {.status.containerStatuses[*].state.waiting}{"\\n"}{end}';
