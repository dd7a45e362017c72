import { describe, expect, test } from 'vitest';
import { readSecretPlace, type SecretReading } from '../../api/repository-secret.ts';
import { STORAGE_BACKENDS } from '../../api/storage-backends.ts';

const read = (values: Readonly<Record<string, string>>): SecretReading => readSecretPlace((key) => values[key]);

function placeOf(values: Readonly<Record<string, string>>) {
  const reading = read(values);
  if (reading.kind !== 'Store') throw new Error(JSON.stringify(reading));
  return reading.place;
}

const CANARY = 'canary-value-of-a-credential';

describe('a repository on a volume', () => {
  test.each([
    // onedr0p/home-ops, now and before March 2026; the reference; the placeholder of the fork's documents; Stowage's own.
    ['filesystem:///mnt/repository'],
    ['filesystem:///repository'],
    ['filesystem:///repository/repository'],
    ['filesystem:'],
    [undefined],
    [''],
  ])('is what KOPIA_REPOSITORY=%j means', (url) => {
    const values = {
      KOPIA_PASSWORD: 'p',
      KOPIA_FS_PATH: '/repository',
      ...(url === undefined ? {} : { KOPIA_REPOSITORY: url }),
    };
    expect(read(values)).toEqual({ kind: 'Volume' });
  });

  test('stays one beside keys of a backend that VolSync asks later', () => {
    expect(read({ KOPIA_REPOSITORY: 'filesystem:///repository', SFTP_HOST: 'nas' })).toEqual({ kind: 'Volume' });
  });
});

describe('a repository in S3', () => {
  // sulibot/home-ops since March 2026: MinIO, keys beside the URL.
  const minio = {
    KOPIA_PASSWORD: 'p',
    KOPIA_REPOSITORY: 's3://volsync/emby',
    KOPIA_S3_ENDPOINT: 'http://minio.lan:9000',
    KOPIA_S3_DISABLE_TLS: 'true',
    AWS_ACCESS_KEY_ID: CANARY,
    AWS_SECRET_ACCESS_KEY: CANARY,
    AWS_REGION: 'us-east-1',
  };

  test('is read with endpoint, region and a prefix that ends with a slash', () => {
    expect(placeOf(minio)).toEqual({
      kind: 'Store',
      type: 's3',
      location: 's3://volsync/emby/',
      settings: {
        bucket: 'volsync',
        prefix: 'emby/',
        endpoint: 'minio.lan:9000',
        region: 'us-east-1',
        doNotUseTLS: true,
      },
      secretKeys: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
    });
  });

  test('takes the bucket of its own key before the one of the URL, and the prefix of the URL', () => {
    expect(placeOf({ ...minio, KOPIA_S3_BUCKET: 'other' }).location).toBe('s3://other/emby/');
    expect(placeOf({ KOPIA_S3_BUCKET: 'other' }).settings).toEqual({ bucket: 'other', endpoint: 's3.amazonaws.com' });
  });

  test.each([
    [{ KOPIA_S3_ENDPOINT: 'https://a', AWS_S3_ENDPOINT: 'b' }, { endpoint: 'a' }],
    [{ AWS_S3_ENDPOINT: 'b' }, { endpoint: 'b' }],
    [{ AWS_DEFAULT_REGION: 'x' }, { endpoint: 's3.amazonaws.com', region: 'x' }],
    [
      { AWS_REGION: 'y', AWS_DEFAULT_REGION: 'x' },
      { endpoint: 's3.amazonaws.com', region: 'y' },
    ],
    [{ AWS_S3_DISABLE_TLS: 'true' }, { endpoint: 's3.amazonaws.com', doNotUseTLS: true }],
    [{ KOPIA_S3_DISABLE_TLS: 'yes' }, { endpoint: 's3.amazonaws.com' }],
    // They never reached VolSync's movers: an adopted repository lies where they do not count.
    [{ KOPIA_S3_PREFIX: 'x', KOPIA_S3_REGION: 'z' }, { endpoint: 's3.amazonaws.com' }],
  ])('resolves %j with the precedence of VolSync', (values, settings) => {
    expect(placeOf({ KOPIA_REPOSITORY: 's3://bucket', ...values }).settings).toEqual({ bucket: 'bucket', ...settings });
  });

  test.each([
    ['s3://bucket', 's3://bucket/'],
    ['s3://bucket/', 's3://bucket/'],
    ['s3://bucket//a//b/', 's3://bucket/a/b/'],
    ['S3://bucket/a', 's3://bucket/a/'],
  ])('is %s in %s', (url, location) => {
    expect(placeOf({ KOPIA_REPOSITORY: url }).location).toBe(location);
  });
});

describe('the other backends', () => {
  test.each([
    [
      { KOPIA_AZURE_CONTAINER: 'c', KOPIA_AZURE_STORAGE_ACCOUNT: 'a', KOPIA_AZURE_STORAGE_KEY: CANARY },
      'azureBlob',
      'azure://c/',
    ],
    [{ KOPIA_GCS_BUCKET: 'b', GOOGLE_APPLICATION_CREDENTIALS: CANARY }, 'gcs', 'gcs://b/'],
    [{ KOPIA_B2_BUCKET: 'b', B2_ACCOUNT_ID: CANARY, B2_APPLICATION_KEY: CANARY }, 'b2', 'b2://b/'],
    [{ WEBDAV_URL: 'https://dav.lan/x', WEBDAV_USERNAME: 'u', WEBDAV_PASSWORD: CANARY }, 'webdav', 'https://dav.lan/x'],
    [{ SFTP_HOST: 'nas', SFTP_USERNAME: 'u', SFTP_PATH: '/k', SFTP_KEY_FILE: CANARY }, 'sftp', 'sftp://nas/k'],
    [{ RCLONE_REMOTE_PATH: 'remote:path' }, 'rclone', 'rclone:'],
    [{ GOOGLE_DRIVE_FOLDER_ID: 'f', GOOGLE_DRIVE_CREDENTIALS: CANARY }, 'gdrive', 'gdrive://f/'],
  ])('%j is %s in %s, and no credential is taken', (values, type, location) => {
    const place = placeOf({ KOPIA_REPOSITORY: '', ...values });
    expect(place).toMatchObject({ type, location });
    expect(JSON.stringify(place)).not.toContain(CANARY);
  });

  test.each([
    [{ KOPIA_REPOSITORY: 'b2://bucket/app', B2_ACCOUNT_ID: 'i', B2_APPLICATION_KEY: 'k' }, 'b2://bucket/app/'],
    // VolSync never used a prefix beside the key: what is adopted lies at the bucket's root.
    [{ KOPIA_REPOSITORY: 'gs://bucket/app', KOPIA_GCS_BUCKET: 'bucket' }, 'gcs://bucket/'],
    [{ KOPIA_REPOSITORY: 'sftp://me@nas:2222/kopia' }, 'sftp://nas/kopia'],
  ])('%j is %s', (values, location) => {
    expect(placeOf(values).location).toBe(location);
  });

  test('are chosen in the order of VolSync', () => {
    const all = Object.fromEntries(STORAGE_BACKENDS.map(({ chosenBy }) => [chosenBy, 'x']));
    const rest = { ...all, KOPIA_AZURE_STORAGE_ACCOUNT: 'a', KOPIA_REPOSITORY: 'filesystem:///r' };
    expect(placeOf(rest).type).toBe('s3');
    expect(placeOf({ ...rest, KOPIA_S3_BUCKET: '' }).type).toBe('azureBlob');
    expect(placeOf({ ...rest, KOPIA_S3_BUCKET: '', KOPIA_AZURE_CONTAINER: '' }).type).toBe('gcs');
  });
});

describe('what can not be meant', () => {
  test.each([
    [{ KOPIA_REPOSITORY: 'foo://bucket' }, 'KOPIA_REPOSITORY', 's3://'],
    [{ KOPIA_REPOSITORY: '/repository' }, 'KOPIA_REPOSITORY', 'filesystem:///'],
    [{ KOPIA_REPOSITORY: 's3:' }, 'KOPIA_S3_BUCKET', 'missing'],
    [{ KOPIA_REPOSITORY: 's3://Bucket_1' }, 'KOPIA_REPOSITORY', 'bucket'],
    [{ KOPIA_REPOSITORY: 's3://10.0.0.1/x' }, 'KOPIA_REPOSITORY', 'bucket'],
    [{ KOPIA_REPOSITORY: 's3://bucket/a/../b' }, 'KOPIA_REPOSITORY', 'prefix'],
    [{ KOPIA_REPOSITORY: 's3://bucket/a b' }, 'KOPIA_REPOSITORY', 'prefix'],
    [{ KOPIA_REPOSITORY: `s3://key:${CANARY}@bucket/x` }, 'KOPIA_REPOSITORY', 'password'],
    [{ KOPIA_REPOSITORY: 's3://bucket', KOPIA_S3_ENDPOINT: 'host/path' }, 'KOPIA_S3_ENDPOINT', 'host'],
    [{ KOPIA_S3_BUCKET: 'bucket\n' }, 'KOPIA_S3_BUCKET', 'line ends'],
    [{ WEBDAV_URL: `https://me:${CANARY}@dav.lan` }, 'WEBDAV_URL', 'keys of their own'],
    [{ KOPIA_AZURE_CONTAINER: 'c' }, 'KOPIA_AZURE_STORAGE_ACCOUNT', 'missing'],
    [{ KOPIA_B2_BUCKET: 'b', B2_ACCOUNT_ID: 'i' }, 'B2_APPLICATION_KEY', 'missing'],
    [{ SFTP_HOST: 'h', SFTP_USERNAME: 'u', SFTP_PATH: '/p', SFTP_PORT: 'ssh' }, 'SFTP_PORT', 'number'],
  ])('%j is refused by the name of its key, with the remedy and without its value', (values, key, remedy) => {
    const reading = read(values);
    expect(reading).toMatchObject({ kind: 'Invalid', key });
    expect(JSON.stringify(reading)).toContain(remedy);
    expect(JSON.stringify(reading)).not.toContain(CANARY);
  });
});
