import { run, tryRun } from '../host/run.ts';
import type { Platform } from '../types.ts';
import type { KubernetesObject } from './objects.ts';

/** What is needed of a platform to talk to its cluster. */
export type ClusterAccess = Pick<Platform, 'kubeconfig' | 'tools'>;

const program = ({ tools }: ClusterAccess): string => tools.kubectl ?? 'kubectl';
const asYaml = (objects: readonly KubernetesObject[]): string =>
  objects.map((object) => JSON.stringify(object)).join('\n---\n');

/**
 * Runs kubectl against a platform and returns its stdout.
 * @throws PlatformError with the last lines of what it said.
 */
export function kubectl(access: ClusterAccess, args: readonly string[], input?: string): Promise<string> {
  const all = ['--kubeconfig', access.kubeconfig, ...args];
  return run(program(access), all, input === undefined ? {} : { input });
}

/** Server-side apply: running it again changes nothing. Objects go through stdin, so that no Secret stands in an argv. */
export async function applyObjects(access: ClusterAccess, objects: readonly KubernetesObject[]): Promise<void> {
  if (objects.length === 0) return;
  const args = ['apply', '--server-side', '--force-conflicts', '--field-manager=stowage-platform', '-f', '-'];
  await kubectl(access, args, asYaml(objects));
}

/** The object, or undefined when it does not exist. */
export async function findObject<T = unknown>(
  access: ClusterAccess,
  kind: string,
  name: string,
  namespace?: string,
): Promise<T | undefined> {
  const scope = namespace === undefined ? [] : ['--namespace', namespace];
  const text = await kubectl(access, ['get', kind, name, ...scope, '--ignore-not-found', '--output=json']);
  return text.trim() === '' ? undefined : (JSON.parse(text) as T);
}

/** Deletes what is there of `objects` and waits until it is gone. */
export async function deleteObjects(
  access: ClusterAccess,
  objects: readonly KubernetesObject[],
  options: readonly string[] = [],
): Promise<void> {
  await kubectl(access, ['delete', '--ignore-not-found', '--wait', ...options, '-f', '-'], asYaml(objects));
}

/** Whatever kubectl says, for a message; never throws. */
export async function inspect(access: ClusterAccess, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await tryRun(program(access), ['--kubeconfig', access.kubeconfig, ...args]);
  return (stdout || stderr).trim();
}
