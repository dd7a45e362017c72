import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { snapshotCreateArguments, snapshotRestoreArguments } from '../../../activities/kopia/arguments.ts';
import { classifyKopiaError } from '../../../activities/kopia/errors.ts';
import { parseSnapshotCreated } from '../../../activities/kopia/output.ts';
import { reachRepository } from '../../../activities/mover/mover-repository.ts';
import { createRepositoryActivities } from '../../../activities/repository/activities.ts';
import { compiledRoot } from '../../../platform/project.ts';
import { readStoreAccess } from '../../../workers/secrets.ts';
import { startWebdavServer, type WebdavServer } from '../../servers/webdav-server.ts';
import { Bench, IDENTITY, kopiaBinary, PASSWORD } from '../kopia/real-kopia.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const binary = await kopiaBinary();
/** As it lies in the image; `npm run build` makes it. */
const LAUNCHER = join(compiledRoot(), 'activities/launcher/main.js');

let server: WebdavServer;
let bench: Bench;

beforeAll(async () => {
  server = await startWebdavServer();
});
afterAll(() => server.stop());
beforeEach(() => {
  bench = new Bench(binary);
  for (const folder of ['tmp', 'pod']) mkdirSync(join(bench.root, folder));
});
afterEach(() => bench.remove());

const secretOf = ({ url, username, password }: WebdavServer): Record<string, string> => ({
  KOPIA_REPOSITORY: 'webdav://',
  KOPIA_PASSWORD: PASSWORD,
  WEBDAV_URL: url,
  WEBDAV_USERNAME: username,
  WEBDAV_PASSWORD: password,
});

/** Starts the launcher as a mover's pod does: what the pod has is built by the same function. */
function launch(program: string, args: readonly string[], values = secretOf(server)): ChildProcess {
  const { kopiaConfig, environment } = reachRepository({
    place: readStoreAccess(values)!.place,
    secretName: 'secret',
    identity: IDENTITY,
    cacheDirectory: join(bench.root, 'pod/cache'),
    readOnly: false,
  });
  writeFileSync(join(bench.root, 'pod/kopia.config'), kopiaConfig);
  return spawn(process.execPath, [LAUNCHER, '--', program, ...args], {
    env: {
      ...Object.fromEntries(environment.map(({ name }) => [name, values[name] ?? ''])),
      TMPDIR: join(bench.root, 'tmp'),
      HOME: join(bench.root, 'tmp'),
      PATH: process.env.PATH,
      KOPIA_CONFIG_PATH: join(bench.root, 'pod/kopia.config'),
      KOPIA_CHECK_FOR_UPDATES: 'false',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function outcome(child: ChildProcess) {
  const said = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => {
    said.stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    said.stderr += chunk.toString();
  });
  const [code] = await once(child, 'close');
  return { code: code as number, ...said };
}

describe('a backend whose credentials Kopia takes from its configuration', () => {
  test('is created, backed up into and restored from, with what a Secret says', async () => {
    const role = createRepositoryActivities({
      ...{ repository: 'kopia', path: '/nowhere', kopiaBinary: binary, password: () => PASSWORD },
      store: readStoreAccess(secretOf(server))!,
      cacheDirectory: bench.cache,
    });
    try {
      const { uniqueId } = await role.createRepository({ repository: 'kopia', runId: 'init' });
      writeFileSync(join(bench.data, 'file'), 'content');
      const backup = await outcome(
        launch(
          binary,
          snapshotCreateArguments({
            sourcePath: bench.data,
            identity: IDENTITY,
            tags: { 'stowage-run': 'r' },
            parallelism: 2,
          }),
        ),
      );
      expect(backup.code, backup.stderr).toBe(0);
      const id = parseSnapshotCreated(backup.stdout)?.summary.id ?? '';
      const asked = { repository: 'kopia', expectedUniqueId: uniqueId, identity: IDENTITY, runId: 'r', snapshotId: id };
      expect((await role.readBackSnapshot(asked)).snapshot.id).toBe(id);
      const targetPath = join(bench.root, 'restored');
      const restore = await outcome(
        launch(binary, snapshotRestoreArguments({ snapshotId: id, targetPath, skipOwners: true })),
      );
      expect(restore.code, restore.stderr).toBe(0);
      expect(readFileSync(join(targetPath, 'file'), 'utf8')).toBe('content');
    } finally {
      await role.close();
    }
    // Without them the configuration of the pod opens nothing; with them it is for one user alone.
    expect(readFileSync(join(bench.root, 'pod/kopia.config'), 'utf8')).not.toContain(server.password);
    const whole = join(bench.root, 'tmp/stowage-kopia.config');
    expect(readFileSync(whole, 'utf8')).toContain(server.password);
    expect(readFileSync(whole, 'utf8')).not.toContain(PASSWORD);
    expect(statSync(whole).mode & 0o777).toBe(0o600);
  });

  test('that refuses the password fails in words that are understood, and the password is not among them', async () => {
    const WEBDAV_PASSWORD = 'wrong-password-of-webdav';
    const status = launch(binary, ['repository', 'status'], { ...secretOf(server), WEBDAV_PASSWORD });
    const { code, stderr } = await outcome(status);
    expect(code).toBe(1);
    expect(classifyKopiaError(stderr)).toMatchObject({ type: 'RepositoryUnreachable', retryable: false });
    expect(stderr).not.toContain(WEBDAV_PASSWORD);
  });
});

describe('the launcher', () => {
  const script = (text: string) => ['-e', text];

  test('hands output and exit code on unchanged', async () => {
    const program = script('process.stdout.write("out\\n"); process.stderr.write("ERROR err\\n"); process.exit(7)');
    expect(await outcome(launch(process.execPath, program))).toEqual({
      code: 7,
      stdout: 'out\n',
      stderr: 'ERROR err\n',
    });
  });

  test('keeps the credentials from the environment of what it starts, and gives it the whole configuration', async () => {
    const { stdout } = await outcome(launch(process.execPath, script('console.log(JSON.stringify(process.env))')));
    const environment = JSON.parse(stdout) as Record<string, string>;
    expect(environment).not.toHaveProperty('WEBDAV_PASSWORD');
    expect(environment.KOPIA_PASSWORD).toBe(PASSWORD);
    expect(environment.KOPIA_CONFIG_PATH).toBe(join(bench.root, 'tmp/stowage-kopia.config'));
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('hands on %s and ends as its child does', async (signal, code) => {
    const ready = join(bench.root, 'ready');
    const child = launch(
      process.execPath,
      script(`require('fs').writeFileSync('${ready}', ''); setInterval(() => {}, 1000)`),
    );
    const ended = outcome(child);
    await vi.waitUntil(() => existsSync(ready), { timeout: 20_000 });
    child.kill(signal);
    expect((await ended).code).toBe(code);
  });

  test('says in the form of Kopia what keeps it from starting, without a value', async () => {
    const gcs = {
      KOPIA_GCS_BUCKET: 'bucket',
      KOPIA_PASSWORD: PASSWORD,
      GOOGLE_APPLICATION_CREDENTIALS: 'no json {canary',
    };
    const { code, stderr } = await outcome(launch(binary, ['--version'], gcs));
    expect([code, stderr.includes('canary')]).toEqual([1, false]);
    expect(classifyKopiaError(stderr).message).toContain('GOOGLE_APPLICATION_CREDENTIALS must hold JSON');
  });
});
