import { type ExecaError, execa } from 'execa';

/** The few things that the demo does to the cluster, by kubectl, as a person would. */
export interface DemoCluster {
  apply(...manifests: readonly object[]): Promise<void>;
  /** What Flux does at a reconciliation: applies the rendered YAML as its own, against whoever changed something. */
  reconcile(yaml: string): Promise<void>;
  /** One line for each object of the YAML, which changes when the object is written. */
  versions(yaml: string): Promise<string[]>;
  /** Deletes and waits until the objects are gone; objects that don't exist are fine. */
  remove(kind: string, name: string): Promise<void>;
  /** Runs a Job to its end and returns the lines of its log. Throws with the log when it fails. */
  runJob(manifest: object, name: string, timeoutSeconds: number): Promise<string[]>;
  waitFor(target: string, condition: string, timeoutSeconds: number): Promise<void>;
  /** Waits until a condition of a declared object has this reason; throws with what it says instead. */
  waitForReason(target: string, type: string, reason: string, timeoutSeconds: number): Promise<string>;
  /** `kubectl logs --follow -l SELECTOR`, begun again until pods are there, for as long as `work` goes on. */
  logsDuring<T>(selector: string, work: Promise<T>): Promise<{ readonly result: T; readonly lines: string[] }>;
  /** What kubectl prints, in the application's namespace. */
  read(...args: readonly string[]): Promise<string>;
}

/** Between two attempts to follow pods that are not there yet, milliseconds. */
const FOLLOW_EVERY = 150;

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
    async reconcile(yaml) {
      await run(
        ['apply', '--server-side', '--force-conflicts', '--field-manager=kustomize-controller', '-f', '-'],
        yaml,
      );
    },
    async versions(yaml) {
      const { items } = JSON.parse(await run(['get', '-f', '-', '-o', 'json'], yaml)) as { items: Versioned[] };
      return items.map(({ kind, metadata: { name, uid, generation, resourceVersion } }) =>
        // A status that changes by itself is no change of what is declared; only some kinds tell the two apart.
        [kind, name, uid, generation ?? resourceVersion].join(' '),
      );
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
    async waitForReason(target, type, reason, timeoutSeconds) {
      const condition = `{.status.conditions[?(@.type=="${type}")]`;
      const all = `jsonpath={range .status.conditions[*]}{.type}={.status}/{.reason}: {.message}{"\\n"}{end}`;
      await cluster.waitFor(target, `jsonpath=${condition}.reason}=${reason}`, timeoutSeconds).catch(async (error) => {
        throw new Error(`${(error as Error).message}; ${target} says: ${await cluster.read('get', target, '-o', all)}`);
      });
      return await cluster.read('get', target, '-o', `jsonpath=${condition}.message}`);
    },
    async logsDuring(selector, work) {
      let ended = false;
      const end = (): void => {
        ended = true;
      };
      void work.then(end, end);
      let seen = '';
      while (!ended) {
        const args = ['--kubeconfig', kubeconfig, ...inNamespace('logs', '--follow', '--tail=-1', '-l', selector)];
        const { stdout } = await execa(kubectl, args, { reject: false, stdin: 'ignore' });
        if (stdout.length > seen.length) seen = stdout;
        await new Promise((resolve) => setTimeout(resolve, FOLLOW_EVERY));
      }
      return { result: await work, lines: seen.split('\n').filter((line) => line.trim() !== '') };
    },
    read: (...args) => run(inNamespace(...args)),
  };
  return cluster;
}

interface Versioned {
  readonly kind: string;
  readonly metadata: { name: string; uid: string; generation?: number; resourceVersion: string };
}
