/**
 * The program of the check Job: compares a restored tree with its snapshot.
 *   node main.js --root /restore/data --snapshot-root <object id> --sample-every 10
 * Environment: KOPIA_CONFIG_PATH and KOPIA_PASSWORD as for a mover, STOWAGE_KOPIA (default `kopia` on PATH).
 * Prints one line `{"stowageCheck": Comparison}` on stdout and exits 0 whenever the comparison could be made, whatever it
 * found; else one line `{"stowageCheckError": {"type", "message"}}` on stderr and exit 1.
 */
import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { FailureType } from '../../workflows/failures.ts';
import { redact } from '../kopia/redaction.ts';
import { startKopiaServer } from '../kopia/server.ts';
import { PortError } from '../ports/port-error.ts';
import { compareTree } from './compare-tree.ts';
import { snapshotTree } from './snapshot-tree.ts';

/** A large repository on slow storage takes its time to open. */
const START_TIMEOUT_MILLISECONDS = 120_000;

/** Longer than Kopia's own retries of one read. */
const SILENCE_TIMEOUT_MILLISECONDS = 300_000;

const Arguments = z.object({
  root: z.string().startsWith('/', '--root must start with "/"'),
  'snapshot-root': z.string().regex(/^[a-zA-Z0-9]+$/, '--snapshot-root must be an object id as Kopia prints it'),
  'sample-every': z.coerce.number().int().min(1, '--sample-every must be 1 or more'),
});

const Environment = z.object({
  KOPIA_CONFIG_PATH: z.string().min(1, 'KOPIA_CONFIG_PATH is not set'),
  KOPIA_PASSWORD: z.string().min(1, 'KOPIA_PASSWORD is not set'),
  STOWAGE_KOPIA: z.string().default('kopia'),
  PATH: z.string().default('/usr/local/bin:/usr/bin:/bin'),
});

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { root: text, 'snapshot-root': text, 'sample-every': { ...text, default: '10' } },
  });
  const args = Arguments.parse(values);
  const environment = Environment.parse(process.env);
  const server = await startKopiaServer({
    binary: resolveProgram(environment.STOWAGE_KOPIA, environment.PATH),
    environment: {
      configPath: environment.KOPIA_CONFIG_PATH,
      password: environment.KOPIA_PASSWORD,
      homeDirectory: tmpdir(),
    },
    socketRoot: tmpdir(),
    startTimeoutMilliseconds: START_TIMEOUT_MILLISECONDS,
    silenceTimeoutMilliseconds: SILENCE_TIMEOUT_MILLISECONDS,
  });
  const stop = (): void => void server.stop().finally(() => process.exit(143));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  try {
    const comparison = await compareTree(snapshotTree(server), {
      root: args.root,
      snapshotRoot: args['snapshot-root'],
      sampleEvery: args['sample-every'],
    });
    process.stdout.write(`${JSON.stringify({ stowageCheck: comparison })}\n`);
  } finally {
    await server.stop();
  }
}

function resolveProgram(name: string, searchPath: string): string {
  if (isAbsolute(name)) return name;
  const candidates = searchPath.split(delimiter).map((folder) => join(folder, name));
  return candidates.find(isExecutable) ?? name;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function describe(error: unknown): { type: string; message: string } {
  if (error instanceof PortError) return { type: error.type, message: error.message };
  if (error instanceof z.ZodError) {
    return { type: FailureType.InvalidInput, message: error.issues.map((issue) => issue.message).join('; ') };
  }
  const { code, message } = error as NodeJS.ErrnoException;
  if (code?.startsWith('ERR_PARSE_ARGS')) return { type: FailureType.InvalidInput, message };
  return { type: FailureType.MoverFailed, message: `the comparison could not be made: ${message}` };
}

try {
  await main();
} catch (error) {
  const { type, message } = describe(error);
  const clean = redact(message, [process.env.KOPIA_PASSWORD ?? '']);
  process.stderr.write(`${JSON.stringify({ stowageCheckError: { type, message: clean } })}\n`);
  process.exitCode = 1;
}
