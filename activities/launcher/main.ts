/**
 * Starts a program that opens a repository whose credentials Kopia takes from its configuration alone:
 *   node main.js -- /kopia snapshot create …
 * Environment: KOPIA_CONFIG_PATH, a configuration without credentials; the credentials under the keys of the repository's
 * Secret; TMPDIR or /tmp, a folder in memory, where the whole configuration is written for this user alone.
 * The program's output and exit code are its own; signals are handed on. Nothing is ever connected or created here.
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { redact } from '../kopia/redaction.ts';
import { STORAGE_SECRET_KEYS } from '../kopia/storage-secrets.ts';
import { completeConfig, withoutSecrets } from './complete-config.ts';

const HANDED_ON = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const;

function main(): void {
  const [separator, program, ...args] = process.argv.slice(2);
  if (separator !== '--' || !program) throw new Error('usage: main.js -- <program> [argument…]');
  const template = process.env.KOPIA_CONFIG_PATH;
  if (!template) throw new Error('KOPIA_CONFIG_PATH is not set');
  const configPath = join(tmpdir(), 'stowage-kopia.config');
  writeFileSync(configPath, completeConfig(readFileSync(template, 'utf8'), process.env), { mode: 0o600 });
  const child = spawn(program, args, {
    env: { ...withoutSecrets(process.env), KOPIA_CONFIG_PATH: configPath },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  for (const signal of HANDED_ON) process.on(signal, () => child.kill(signal));
  child.once('error', fail);
  child.once('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal!]));
}

/** In Kopia's own form, so that whoever reads the log finds it. */
function fail(error: unknown): void {
  const secrets = STORAGE_SECRET_KEYS.flatMap((key) => process.env[key] ?? []);
  const message = redact(error instanceof Error ? error.message : String(error), secrets);
  process.stderr.write(`ERROR Kopia could not be launched: ${message}\n`);
  process.exit(1);
}

try {
  main();
} catch (error) {
  fail(error);
}
