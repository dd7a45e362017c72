import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createRepositoryActivities, type RepositoryRole } from '../../activities/repository/activities.ts';
import { type S3Server, startS3Server } from '../../platform/servers/s3-server.ts';
import { readStoreAccess } from '../../workers/secrets.ts';
import { Bench, kopiaBinary, PASSWORD } from '../activities/kopia/real-kopia.ts';
import { failureOf, testRepository } from '../conformance/repository.ts';
import { folderGround, s3Ground } from '../conformance/repository-grounds.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const binary = await kopiaBinary();
let server: S3Server;
let buckets = 0;

beforeAll(async () => {
  server = await startS3Server();
});
afterAll(() => server.stop());

testRepository('in a folder', async () => folderGround(binary));
testRepository('in S3', () => s3Ground(binary, server, `bucket-${++buckets}`));

describe('an object store that can not be used', () => {
  /** What stands beside a repository whose Secret differs from the right one. */
  async function withSecret(
    change: Readonly<Record<string, string>>,
    act: (role: RepositoryRole, bucket: string) => Promise<void>,
  ): Promise<void> {
    const bench = new Bench(binary);
    const bucket = `bucket-${++buckets}`;
    await server.createBucket(bucket);
    const values = { ...server.secretValues({ bucket }, PASSWORD), ...change };
    const role = createRepositoryActivities({
      ...{ repository: 'kopia', path: '/nowhere', kopiaBinary: binary, password: () => PASSWORD },
      store: readStoreAccess(values)!,
      cacheDirectory: bench.cache,
    });
    try {
      await act(role, bucket);
    } finally {
      await role.close();
      bench.remove();
    }
  }
  const create = (role: RepositoryRole) => role.createRepository({ repository: 'kopia', runId: 'init' });
  const identify = (role: RepositoryRole) => role.identifyRepository({ repository: 'kopia' });

  test('because its secret key is another one: it says so and never repeats it', async () => {
    const AWS_SECRET_ACCESS_KEY = 'wrong-secret-access-key';
    await withSecret({ AWS_SECRET_ACCESS_KEY }, async (role) => {
      for (const call of [create, identify]) {
        const error = await failureOf(call(role));
        expect([error.type, error.nonRetryable]).toEqual(['RepositoryUnreachable', true]);
        expect(error.message).toContain('refuses these credentials');
        expect(error.message).not.toContain(AWS_SECRET_ACCESS_KEY);
      }
    });
  });

  test('because nobody has its access key: nothing is taken for an empty store', async () => {
    await withSecret({ AWS_ACCESS_KEY_ID: 'nobody-has-this' }, async (role) => {
      expect((await failureOf(create(role))).type).toBe('RepositoryUnreachable');
      const error = await failureOf(identify(role));
      // For Kopia an answer of 404 is an absent object, whatever the store says beside it.
      expect(error.type).toBe('RepositoryNotFound');
      expect(error.message).toContain('access key');
    });
  });

  test('because its bucket does not exist: nobody makes one', async () => {
    await withSecret({ KOPIA_REPOSITORY: 's3://no-such-bucket' }, async (role) => {
      expect((await failureOf(create(role))).type).toBe('RepositoryNotFound');
      expect((await failureOf(identify(role))).type).toBe('RepositoryNotFound');
    });
  });

  test('because it vanished: the bucket is missed', async () => {
    await withSecret({}, async (role, bucket) => {
      await create(role);
      rmSync(join(server.directory, bucket), { recursive: true });
      expect((await failureOf(identify(role))).type).toBe('RepositoryNotFound');
    });
  });

  test('because nothing listens there: a retry may help', async () => {
    await withSecret({ KOPIA_S3_ENDPOINT: '127.0.0.1:1' }, async (role) => {
      const error = await failureOf(identify(role));
      expect([error.type, error.nonRetryable]).toEqual(['RepositoryUnreachable', false]);
    });
  });

  test('because it speaks no TLS: the key to change is named', async () => {
    await withSecret({ KOPIA_S3_DISABLE_TLS: 'false' }, async (role) => {
      const error = await failureOf(identify(role));
      expect([error.type, error.nonRetryable]).toEqual(['RepositoryUnreachable', true]);
      expect(error.message).toContain('KOPIA_S3_DISABLE_TLS');
    });
  });
});
