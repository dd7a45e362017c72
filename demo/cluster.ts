import { type ExecaError, execa } from 'execa';

/** The few things that the demo does to the cluster, by kubectl, as a person would. */
export interface DemoCluster {
  apply(...manifests: readonly object[]): Promise<void>;
  /** Deletes and waits until the objects are gone; objects that don't exist are fine. */
  remove(kind: string, name: string): Promise<void>;
  /** Runs a Job to its end and returns the lines of its log. Throws with the log when it fails. */
  runJob(manifest: object, name: string, timeoutSeconds: number): Promise<string[]>;
  waitFor(target: string, condition: string, timeoutSeconds: number): Promise<void>;
  logs(selector: string): Promise<string>;
  read(...args: readonly string[]): Promise<string>;
}

export function demoCluster(kubectl: string, kubeconfig: string, namespace: string): DemoCluster {
  const run = async (args: readonly string[], input?: string): Promise<string> => {
    const done = await execa(kubectl, ['--kubeconfig', kubeconfig, ...args], {
      ...(input === undefined ? { stdin: 'ignore' } : { input }),
      maxBuffer: 256 * 2 ** 20,
    }).catch((error: ExecaError) => {
      throw new Error(`kubectl ${args.slice(0, 4).join(' ')}: ${String(error.stderr ?? error.message).trim()}`);
    });
    return done.stdout;
  };
  const inNamespace = (...args: string[]): string[] => ['--namespace', namespace, ...args];
  const cluster: DemoCluster = {
    async apply(...manifests) {
      await run(['apply', '--server-side', '-f', '-'], manifests.map((m) => JSON.stringify(m)).join('\n---\n'));
    },
    async remove(kind, name) {
      await run(inNamespace('delete', kind, name, '--ignore-not-found', '--wait', '--timeout=60s'));
    },
    async runJob(manifest, name, timeoutSeconds) {
      await cluster.remove('job', name);
      await cluster.apply(manifest);
      // `kubectl wait` knows one condition; a Job that fails ends its pod too, and the log then says why.
      await cluster.waitFor(`job/${name}`, 'jsonpath={.status.conditions[0].type}', timeoutSeconds);
      const lines = (await run(inNamespace('logs', `job/${name}`, '--tail=-1'))).split('\n');
      const ended = await run(inNamespace('get', 'job', name, '-o', 'jsonpath={.status.conditions[*].type}'));
      await cluster.remove('job', name);
      if (/Fail/.test(ended)) throw new Error(`Job ${name} failed: ${lines.slice(-5).join(' | ')}`);
      return lines;
    },
    async waitFor(target, condition, timeoutSeconds) {
      await run(inNamespace('wait', target, `--for=${condition}`, `--timeout=${timeoutSeconds}s`));
    },
    logs: (selector) => run(inNamespace('logs', '-l', selector, '--tail=-1')),
    read: (...args) => run(inNamespace(...args)),
  };
  return cluster;
}
