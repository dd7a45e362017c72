import { type ExecaError, execa } from 'execa';

/** kubectl on the test platform, for what a test does and sees from outside the product. */
export interface Kubectl {
  run(...args: readonly string[]): Promise<string>;
  /** The same with something on its standard input. */
  pipe(input: string, ...args: readonly string[]): Promise<string>;
  apply(...manifests: readonly object[]): Promise<void>;
  /** Objects of a kind in a namespace, with their labels and annotations. */
  list<T = ListedObject>(namespace: string, kinds: string, ...selector: readonly string[]): Promise<T[]>;
}

export interface ListedObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

export function createKubectl(binary: string, kubeconfig: string): Kubectl {
  const call = async (args: readonly string[], input?: string): Promise<string> => {
    const done = await execa(binary, ['--kubeconfig', kubeconfig, ...args], {
      ...(input === undefined ? { stdin: 'ignore' } : { input }),
      maxBuffer: 64 * 2 ** 20,
    }).catch((error: ExecaError) => {
      throw new Error(`kubectl ${args.join(' ').slice(0, 200)}: ${String(error.stderr ?? error.message).trim()}`);
    });
    return done.stdout;
  };
  return {
    run: (...args) => call(args),
    pipe: (input, ...args) => call(args, input),
    apply: async (...manifests) => {
      await call(
        ['apply', '--server-side', '--force-conflicts', '-f', '-'],
        manifests.map((m) => JSON.stringify(m)).join('\n---\n'),
      );
    },
    list: async <T = ListedObject>(namespace: string, kinds: string, ...selector: readonly string[]) =>
      (JSON.parse(await call(['get', kinds, '--namespace', namespace, '-o', 'json', ...selector])) as { items: T[] })
        .items,
  };
}
