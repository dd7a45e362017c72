/**
 * The program of the verification Job: looks for damage in a repository and for the snapshots that it touches.
 *   node main.js --mode quick
 *   node main.js --mode deep --part 3 --parts 30
 * A deep one reads part 3 (of 0 to 29) of all data; without `--part` and `--parts` it reads all. Environment as for the
 * check (activities/checker/main.ts). Whatever cache the configuration names, a new and empty folder in it is used.
 * Prints one line `{"stowageVerify": VerifyReport}` on stdout and exits 0 whenever it could look, whatever it found; else
 * one line `{"stowageVerifyError": {"type", "message"}}` on stderr and exit 1.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { MAX_PARTS } from '../../api/verify-report.ts';
import { snapshotTree } from '../checker/snapshot-tree.ts';
import { withOwnCache } from '../kopia/config.ts';
import { runKopia } from '../kopia/process.ts';
import { ProgramEnvironment, programFailure, resolveProgram } from '../kopia/program.ts';
import { redact } from '../kopia/redaction.ts';
import { startKopiaServer } from '../kopia/server.ts';
import { storageEnvironment } from '../kopia/storage-secrets.ts';
import { layoutProblem } from './layout.ts';
import { type VerifyRequest, verifyRepository } from './verify.ts';

/** The Job's own deadline comes first; a large repository is read for hours. */
const TIMEOUT_MILLISECONDS = 7 * 86_400_000;
const START_TIMEOUT_MILLISECONDS = 600_000;
const SILENCE_TIMEOUT_MILLISECONDS = 300_000;

const part = z.coerce.number().int('--part must be a whole number').min(0, '--part must be 0 or more');
const parts = z.coerce
  .number()
  .int('--parts must be a whole number')
  .min(1, '--parts must be 1 or more')
  .max(MAX_PARTS, `--parts must be ${MAX_PARTS} or less`);
const Arguments = z
  .object({ mode: z.enum(['quick', 'deep'], '--mode must be quick or deep'), part, parts })
  .refine((args) => args.part < args.parts, '--part must be less than --parts')
  .transform((args): VerifyRequest => {
    if (args.mode === 'quick') return { mode: 'quick' };
    return { mode: 'deep', part: { index: args.part, of: args.parts } };
  });

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { mode: text, part: { ...text, default: '0' }, parts: { ...text, default: '1' } },
  });
  const request = Arguments.parse(values);
  const { KOPIA_CONFIG_PATH, KOPIA_PASSWORD, STOWAGE_KOPIA, PATH } = ProgramEnvironment.parse(process.env);
  const config = await readFile(KOPIA_CONFIG_PATH, 'utf8');
  const own = await ownFolders(config);
  const ending = new AbortController();
  process.once('SIGTERM', () => ending.abort(new Error('asked to end')));
  process.once('SIGINT', () => ending.abort(new Error('asked to end')));
  try {
    const configPath = join(own.home, 'kopia.config');
    await writeFile(configPath, withOwnCache(config, own.cache), { mode: 0o600 });
    const extra = storageEnvironment(process.env);
    const environment = { configPath, password: KOPIA_PASSWORD, homeDirectory: own.home, extra };
    const binary = resolveProgram(STOWAGE_KOPIA, PATH);
    const report = await verifyRepository(request, {
      layoutProblem: () => layoutProblem(config),
      run: (args) =>
        runKopia({ binary, args, environment, timeoutMilliseconds: TIMEOUT_MILLISECONDS, signal: ending.signal }),
      openTree: async () => {
        const server = await startKopiaServer({
          binary,
          environment,
          socketRoot: own.home,
          startTimeoutMilliseconds: START_TIMEOUT_MILLISECONDS,
          silenceTimeoutMilliseconds: SILENCE_TIMEOUT_MILLISECONDS,
        });
        return { tree: snapshotTree(server), stop: () => server.stop() };
      },
    });
    process.stdout.write(`${JSON.stringify({ stowageVerify: report })}\n`);
  } finally {
    await rm(own.cache, { recursive: true, force: true });
    await rm(own.home, { recursive: true, force: true });
  }
}

/** A private home, and an empty cache on the volume that is meant for one. */
async function ownFolders(config: string): Promise<{ readonly home: string; readonly cache: string }> {
  const { caching } = JSON.parse(config) as { caching?: { cacheDirectory?: string } };
  const volume = caching?.cacheDirectory ?? tmpdir();
  await mkdir(volume, { recursive: true });
  return { home: await mkdtemp(join(tmpdir(), 'verify-')), cache: await mkdtemp(join(volume, 'verify-')) };
}

try {
  await main();
} catch (error) {
  const { type, message } = programFailure(error, 'the verification');
  const clean = redact(message, [process.env.KOPIA_PASSWORD ?? '', ...Object.values(storageEnvironment(process.env))]);
  process.stderr.write(`${JSON.stringify({ stowageVerifyError: { type, message: clean } })}\n`);
  process.exitCode = 1;
}
