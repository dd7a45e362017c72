import type { V1Job } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { buildBackupJob } from '../../../activities/mover/backup-job.ts';
import { buildCheckJob } from '../../../activities/mover/check-job.ts';
import { buildRestoreJob } from '../../../activities/mover/restore-job.ts';
import type { RepositoryPlace } from '../../../api/repository-place.ts';
import { readSecretPlace } from '../../../api/repository-secret.ts';
import { backupInput, backupPlan, restorePlan, restoreStep, settings } from '../small-world.ts';

const CANARY = 'canary-value-of-a-credential';

function placeIn(values: Readonly<Record<string, string>>): RepositoryPlace {
  const reading = readSecretPlace((key) => values[key]);
  if (reading.kind !== 'Store') throw new Error(JSON.stringify(reading));
  return reading.place;
}

const s3 = placeIn({
  KOPIA_REPOSITORY: 's3://bucket/app',
  AWS_ACCESS_KEY_ID: CANARY,
  AWS_SECRET_ACCESS_KEY: CANARY,
});
const b2 = placeIn({ KOPIA_B2_BUCKET: 'bucket', B2_ACCOUNT_ID: CANARY, B2_APPLICATION_KEY: CANARY });

const builders = {
  backup: (repository: RepositoryPlace): V1Job =>
    buildBackupJob(backupInput({ plan: { ...backupPlan, repository } }), settings),
  restore: (repository: RepositoryPlace): V1Job =>
    buildRestoreJob({ ...restoreStep(), plan: { ...restorePlan, repository } }, settings),
  check: (repository: RepositoryPlace): V1Job =>
    buildCheckJob({ ...restoreStep(), plan: { ...restorePlan, repository } }, settings),
};

const podOf = (job: V1Job) => job.spec!.template.spec!;
const containerOf = (job: V1Job) => podOf(job).containers[0]!;
const configOf = (job: V1Job) =>
  JSON.parse(job.spec!.template.metadata!.annotations!['stowage.dev/kopia-config']!) as {
    readonly storage: unknown;
    readonly readonly?: boolean;
    readonly formatBlobCacheDuration: number;
  };
const referenced = (job: V1Job): string[] =>
  containerOf(job).env!.flatMap(({ name, valueFrom }) =>
    valueFrom?.secretKeyRef?.key === name ? [`${valueFrom.secretKeyRef.name}/${name}`] : [],
  );

describe.each(Object.entries(builders))('the %s Job of a repository', (name, build) => {
  test('in S3 mounts no repository, and Kopia reads the keys from its environment', () => {
    const job = build(s3);
    expect(podOf(job).volumes?.map((volume) => volume.name)).not.toContain('repository');
    expect(containerOf(job).volumeMounts?.map((mount) => mount.name)).not.toContain('repository');
    expect(referenced(job)).toEqual([
      'app-volsync-secret/KOPIA_PASSWORD',
      'app-volsync-secret/AWS_ACCESS_KEY_ID',
      'app-volsync-secret/AWS_SECRET_ACCESS_KEY',
    ]);
    expect(configOf(job)).toMatchObject({
      storage: { type: 's3', config: { bucket: 'bucket', prefix: 'app/', endpoint: 's3.amazonaws.com' } },
      formatBlobCacheDuration: -1,
    });
    expect(configOf(job).readonly).toBe(name === 'backup' ? undefined : true);
    const program = { backup: undefined, restore: undefined, check: ['node', '/app/dist/activities/checker/main.js'] };
    expect(containerOf(job).command).toEqual(program[name as keyof typeof program]);
  });

  test('in B2 is started by the launcher in the image of Stowage, with the argv that it has anyway', () => {
    const job = build(b2);
    expect(containerOf(job).image).toBe(settings.stowageImage);
    const program = name === 'check' ? ['node', '/app/dist/activities/checker/main.js'] : ['/kopia'];
    expect(containerOf(job).command).toEqual(['node', '/app/dist/activities/launcher/main.js', '--', ...program]);
    expect(containerOf(job).args).toEqual(containerOf(build(s3)).args);
    expect(referenced(job).slice(1)).toEqual([
      'app-volsync-secret/B2_ACCOUNT_ID',
      'app-volsync-secret/B2_APPLICATION_KEY',
    ]);
    expect(configOf(job).storage).toEqual({ type: 'b2', config: { bucket: 'bucket' } });
  });

  test.each([
    ['S3', s3],
    ['B2', b2],
  ])('in %s keeps what admission policies rely on, and no secret value', (_place, place) => {
    const job = build(place);
    expect(
      containerOf(job)
        .env?.slice(0, 2)
        .map((variable) => variable.name),
    ).toEqual(['DATA_DIR', 'KOPIA_CACHE_DIR']);
    expect(podOf(job)).not.toHaveProperty('initContainers');
    expect(podOf(job).volumes?.length).toBeGreaterThan(0);
    expect(containerOf(job).volumeMounts?.length).toBeGreaterThan(0);
    // The launcher writes the whole configuration to /tmp: never to a disk.
    expect(podOf(job).volumes).toContainEqual({ name: 'tempdir', emptyDir: { medium: 'Memory' } });
    expect(JSON.stringify(job)).not.toContain(CANARY);
  });
});
