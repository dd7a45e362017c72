import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KopiaRun, runKopia } from '../../../activities/kopia/process.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stowage-process-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program in Kopia's place. */
function posing(script: string): string {
  const path = join(folder, 'kopia');
  writeFileSync(path, `#!${process.execPath}\n${script}`);
  chmodSync(path, 0o755);
  return path;
}

const run = (binary: string, more: Partial<KopiaRun> = {}): KopiaRun => ({
  binary,
  args: ['--value=$(id) "x"', 'second arg'],
  environment: { configPath: '/c', password: 'the-password', homeDirectory: folder },
  timeoutMilliseconds: 30_000,
  ...more,
});

describe('running Kopia', () => {
  it('hands over arguments untouched, its own environment only, and group modes', async () => {
    process.env.STOWAGE_TEST_LEAK = 'leak';
    const script = 'console.log(JSON.stringify([process.argv.slice(2), process.env, process.umask()]))';
    const { stdout, exitCode } = await runKopia(run(posing(script)));
    delete process.env.STOWAGE_TEST_LEAK;
    const [args, environment, umask] = JSON.parse(stdout) as [string[], Record<string, string>, number];
    expect(exitCode).toBe(0);
    expect(args).toEqual(['--value=$(id) "x"', 'second arg']);
    expect(environment).not.toHaveProperty('STOWAGE_TEST_LEAK');
    expect(environment).toMatchObject({ KOPIA_PASSWORD: 'the-password', TZ: 'UTC', KOPIA_CHECK_FOR_UPDATES: 'false' });
    expect(umask).toBe(0o007);
    expect(process.umask()).not.toBe(0o007);
  });

  it('returns what a failed one said', async () => {
    const outcome = await runKopia(run(posing('console.error("ERROR no"); process.exit(3)')));
    expect(outcome).toEqual({ exitCode: 3, stdout: '', stderr: 'ERROR no\n' });
  });

  it('stops one that hangs, also against its will, and says what hung', async () => {
    const stubborn = posing('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)');
    const error = await runKopia(run(stubborn, { timeoutMilliseconds: 300 })).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'PortError', type: 'RepositoryUnreachable' });
    expect(String(error)).not.toContain('the-password');
  });

  it("ends with the signal's own reason when it is aborted", async () => {
    const controller = new AbortController();
    const reason = new Error('cancelled');
    const running = runKopia(run(posing('setInterval(() => {}, 1000)'), { signal: controller.signal }));
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect(runKopia(run('/nowhere', { signal: controller.signal }))).rejects.toBe(reason);
  });

  it('says that the program is missing', async () => {
    await expect(runKopia(run('/nowhere/kopia'))).rejects.toMatchObject({ type: 'MoverFailed', retryable: false });
  });
});
