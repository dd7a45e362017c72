/**
 * The program of the check Job: compares a restored tree with its snapshot.
 *   node main.js --root /restore/data --snapshot-root <object id> --sample-every 10
 * Environment: KOPIA_CONFIG_PATH, KOPIA_PASSWORD and an object store's keys as for a mover, STOWAGE_KOPIA (default `kopia` on PATH).
 * Prints one line `{"stowageCheck": Comparison}` on stdout and exits 0 whenever the comparison could be made, whatever it
 * found; else one line `{"stowageCheckError": {"type", "message"}}` on stderr and exit 1.
 */
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { ProgramEnvironment, programFailure, resolveProgram } from '../kopia/program.ts';
import { redact } from '../kopia/redaction.ts';
import { startKopiaServer } from '../kopia/server.ts';
import { storageEnvironment } from '../kopia/storage-secrets.ts';
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

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { root: text, 'snapshot-root': text, 'sample-every': { ...text, default: '10' } },
  });
  const args = Arguments.parse(values);
  const environment = ProgramEnvironment.parse(process.env);
  const server = await startKopiaServer({
    binary: resolveProgram(environment.STOWAGE_KOPIA, environment.PATH),
    environment: {
      configPath: environment.KOPIA_CONFIG_PATH,
      password: environment.KOPIA_PASSWORD,
      homeDirectory: tmpdir(),
      extra: storageEnvironment(process.env),
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

try {
  await main();
} catch (error) {
  const { type, message } = programFailure(error, 'the comparison');
  const clean = redact(message, [process.env.KOPIA_PASSWORD ?? '', ...Object.values(storageEnvironment(process.env))]);
  process.stderr.write(`${JSON.stringify({ stowageCheckError: { type, message: clean } })}\n`);
  process.exitCode = 1;
}
