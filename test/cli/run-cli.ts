import type { ClaimView, ClusterClient } from '../../cli/cluster.ts';
import { runCli } from '../../cli/program.ts';

export interface CliRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliRunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly now?: Date;
  readonly claims?: readonly ClaimView[] | Error;
  /** Called with what Ctrl-C does, once the command follows a run. */
  readonly onFollowing?: (interrupt: () => void) => void;
  /** Called with everything said on standard error so far. */
  readonly onStderr?: (text: string) => void;
  readonly isTTY?: boolean;
  /** What the cluster declares, and what may be done with it; nothing unless given. */
  readonly cluster?: Partial<ClusterClient>;
  /** The answer of the person at the terminal; without one there is nobody. */
  readonly answer?: boolean;
}

/** Runs `stowage …` in this process, with a host of its own, and returns what a person would see. */
export async function stowage(args: readonly string[], options: CliRunOptions = {}): Promise<CliRun> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const isTTY = options.isTTY ?? false;
  const exitCode = await runCli(args, {
    env: options.env ?? {},
    stdout: { isTTY: false, write: (text) => stdout.push(text) },
    stderr: {
      isTTY,
      columns: 120,
      write(text) {
        stderr.push(text);
        options.onStderr?.(stderr.join(''));
      },
    },
    now: () => options.now ?? new Date(),
    readStdin: async () => options.stdin ?? '',
    onInterrupt(handler) {
      options.onFollowing?.(handler);
      return () => undefined;
    },
    ...(options.answer === undefined ? {} : { confirm: async () => options.answer === true }),
    openCluster: async () => ({
      declared: async () => [],
      secretKeys: async () => ['KOPIA_PASSWORD', 'KOPIA_REPOSITORY'],
      volsync: async () => ({ acting: false, seen: [], deployments: [] }),
      setControl: async () => true,
      withdraw: async () => true,
      drills: async () => [],
      repositories: async () => [],
      ...options.cluster,
      async claims(namespace) {
        if (options.claims instanceof Error) throw options.claims;
        return (options.claims ?? []).filter((claim) => namespace === undefined || claim.namespace === namespace);
      },
    }),
  });
  return { exitCode, stdout: stdout.join(''), stderr: stderr.join('') };
}
