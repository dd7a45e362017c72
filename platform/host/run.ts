import { execa } from 'execa';
import { PlatformError } from '../errors.ts';

/** How a short command is run. `input` goes to stdin; `env` is added to the environment. */
export type RunOptions = { input?: string; env?: Record<string, string>; cwd?: string; timeoutSeconds?: number };

/** What a finished command left. */
export type RunResult = { exitCode: number | undefined; stdout: string; stderr: string };

/** Runs a command to its end and returns whatever came out; never throws for an exit code. */
export async function tryRun(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const result = await execa(command, args, {
    reject: false,
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    ...(options.env && { env: options.env }),
    ...(options.cwd && { cwd: options.cwd }),
    ...(options.timeoutSeconds && { timeout: options.timeoutSeconds * 1000 }),
  });
  const stderr =
    result.exitCode === undefined ? `${result.stderr}\n${result.shortMessage ?? ''}`.trim() : result.stderr;
  return { exitCode: result.exitCode, stdout: result.stdout, stderr };
}

/**
 * Runs a command to its end and returns its stdout.
 * @throws PlatformError with the last lines of its stderr when it fails.
 */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await tryRun(command, args, options);
  if (result.exitCode !== 0) {
    const detail = (result.stderr || result.stdout).split('\n').slice(-6).join('\n');
    throw new PlatformError(
      `'${[command, ...args.slice(0, 4)].join(' ')}' failed (exit ${result.exitCode ?? 'none'}): ${detail}`,
    );
  }
  return result.stdout;
}
