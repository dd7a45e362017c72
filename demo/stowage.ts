import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** Runs `stowage …` as a person does, and returns what `--json` says. Throws with the command's own error text. */
export function stowageCommand(environment: Readonly<Record<string, string>>) {
  const program = fileURLToPath(new URL('../cli/main.js', import.meta.url));
  return async <T>(...args: readonly string[]): Promise<T> => {
    const done = await execa(process.execPath, [program, ...args, '--json'], {
      env: environment,
      reject: false,
      stdin: 'ignore',
    });
    if (done.exitCode !== 0) {
      throw new Error(`stowage ${args.join(' ')} ended with exit ${done.exitCode}: ${done.stderr || done.stdout}`);
    }
    return JSON.parse(done.stdout) as T;
  };
}
