import type { V1ConfigMap } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { backupStep, failureOf, NAMESPACE, UNIQUE_ID } from '../small-world.ts';
import { createBackupWorld } from './backup-world.ts';

const SECRET = { namespace: NAMESPACE, name: 'app-volsync-secret' };
const RECORD = { namespace: 'stowage-system', name: 'stowage-repository-kopia' };
const CANARY = 'canary-value-of-a-credential';

const S3 = {
  KOPIA_PASSWORD: CANARY,
  KOPIA_REPOSITORY: 's3://bucket/app',
  KOPIA_S3_ENDPOINT: 'minio.lan:9000',
  AWS_ACCESS_KEY_ID: CANARY,
  AWS_SECRET_ACCESS_KEY: CANARY,
};

/** Preflight with this Secret, a record that `init` made in `location`, and no claim of a repository volume. */
async function preflight(
  values: Readonly<Record<string, string>>,
  location: string | undefined,
  request: Parameters<typeof backupStep>[0] = {},
) {
  const { cluster, activities, run } = await createBackupWorld();
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value, 'utf8').toString('base64')]),
  );
  await cluster.delete('Secret', SECRET);
  await cluster.create('Secret', { metadata: SECRET, data });
  await cluster.delete('ConfigMap', RECORD);
  const record: V1ConfigMap = { metadata: RECORD, data: { uniqueId: UNIQUE_ID, ...(location ? { location } : {}) } };
  await cluster.create('ConfigMap', record);
  await cluster.delete('PersistentVolumeClaim', { namespace: NAMESPACE, name: 'kopia' });
  return run(() => activities.preflightBackup(backupStep(request)));
}

describe('the place of the repository in a plan', () => {
  test('is the object store that the Secret names, without a claim and without a credential', async () => {
    const plan = await preflight(S3, 's3://bucket/app/');
    expect(plan.repository).toEqual({
      kind: 'Store',
      type: 's3',
      location: 's3://bucket/app/',
      settings: { bucket: 'bucket', prefix: 'app/', endpoint: 'minio.lan:9000' },
      secretKeys: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
    });
    expect(JSON.stringify(plan)).not.toContain(CANARY);
  });

  test.each([
    ['another prefix', S3, 's3://bucket/other/'],
    ['a store where a volume was initialised', S3, undefined],
    ['a volume where a store was initialised', { KOPIA_PASSWORD: 'x' }, 's3://bucket/app/'],
  ])('is refused before anything starts when it is %s', async (_what, values, location) => {
    const failure = await failureOf(preflight(values, location));
    expect(failure).toMatchObject({ type: 'RepositoryChanged', retryable: false });
    expect(failure.message).toContain('stowage init kopia --adopt');
    expect(failure.message).toContain(location ?? 's3://bucket/app/');
  });

  test('is a volume where a claim is declared, whatever the Secret says', async () => {
    const failure = await failureOf(preflight(S3, undefined, { repositoryClaim: 'backups' }));
    expect(failure).toMatchObject({ type: 'RepositoryUnreachable' });
    expect(failure.message).toContain('backups');
  });

  test('is asked for by the name of the key when the Secret can not be meant', async () => {
    const failure = await failureOf(
      preflight({ ...S3, KOPIA_REPOSITORY: `s3://me:${CANARY}@bucket` }, 's3://bucket/app/'),
    );
    expect(failure).toMatchObject({ type: 'SecretInvalid' });
    expect(failure.message).toContain('app-volsync-secret: KOPIA_REPOSITORY must not hold');
    expect(failure.message).not.toContain(CANARY);
  });
});
