import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseWorkerConfig } from '../../workers/config.ts';
import { createPasswordSource, readStoreAccess } from '../../workers/secrets.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stowage-secrets-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const configWith = (environment: Record<string, string>) => parseWorkerConfig({ role: 'repository', environment });

describe("the repository's password", () => {
  it('is the one of the environment, and is known to the redaction from its first use', () => {
    const seen: string[] = [];
    const password = createPasswordSource(configWith({}), { KOPIA_PASSWORD: 'one' }, (value) => seen.push(value));
    expect(seen).toEqual([]);
    expect(password()).toBe('one');
    expect(seen).toEqual(['one']);
  });

  it('is read anew from its file at each use: a mounted Secret is rotated under a running worker', async () => {
    const file = join(directory, 'password');
    await writeFile(file, 'first\n');
    const password = createPasswordSource(configWith({ STOWAGE_REPOSITORY_PASSWORD_FILE: file }), {});
    expect(password()).toBe('first');
    await writeFile(file, 'second');
    expect(password()).toBe('second');
  });

  it('is missed at the call, by name, so that the run tells it instead of a crash loop', () => {
    const file = join(directory, 'absent');
    const fromFile = createPasswordSource(configWith({ STOWAGE_REPOSITORY_PASSWORD_FILE: file }), {
      KOPIA_PASSWORD: 'not this one',
    });
    expect(fromFile).toThrow(
      expect.objectContaining({ type: 'SecretMissing', message: expect.stringContaining(file) }),
    );
    expect(createPasswordSource(configWith({}), {})).toThrow(/KOPIA_PASSWORD/);
  });

  it('never stands in the configuration, which is logged', () => {
    const environment = { KOPIA_PASSWORD: 'canary-password' };
    expect(JSON.stringify(parseWorkerConfig({ role: 'repository', environment }))).not.toContain('canary');
  });
});

describe("the repository's object store", () => {
  const environment = {
    KOPIA_REPOSITORY: 's3://bucket/app',
    AWS_ACCESS_KEY_ID: 'canary-id',
    AWS_SECRET_ACCESS_KEY: 'canary-key',
    AWS_PROFILE: 'somebody',
  };

  it('is what the environment says, and its keys are known to the redaction from the start', () => {
    const seen: string[] = [];
    const access = readStoreAccess(environment, (secret) => seen.push(secret));
    expect(access?.place.location).toBe('s3://bucket/app/');
    expect(seen).toEqual(['canary-id', 'canary-key']);
    expect(access?.secrets()).toEqual({ AWS_ACCESS_KEY_ID: 'canary-id', AWS_SECRET_ACCESS_KEY: 'canary-key' });
    expect(JSON.stringify(access?.place)).not.toContain('canary');
  });

  it('is none where the environment names no store, and an error where it means nothing', () => {
    expect(readStoreAccess({ KOPIA_PASSWORD: 'x', AWS_ACCESS_KEY_ID: 'of something else' })).toBeUndefined();
    expect(readStoreAccess({ KOPIA_REPOSITORY: 'filesystem:///mnt/repository' })).toBeUndefined();
    expect(() => readStoreAccess({ KOPIA_REPOSITORY: 's4://bucket' })).toThrow(/KOPIA_REPOSITORY/);
  });
});
