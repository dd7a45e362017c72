import type { V1Container, V1Job, V1PodSpec } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { buildBackupJob } from '../../../activities/mover/backup-job.ts';
import { buildCheckJob } from '../../../activities/mover/check-job.ts';
import { buildRestoreJob } from '../../../activities/mover/restore-job.ts';
import { backupInput, backupPlan, backupStep, restorePlan, restoreStep, settings } from '../small-world.ts';

const podOf = (job: V1Job): V1PodSpec => job.spec!.template.spec!;
const containerOf = (job: V1Job): V1Container => podOf(job).containers[0]!;

const jobs = {
  backup: (privileged = false) => buildBackupJob(backupInput({ plan: { ...backupPlan, privileged } }), settings),
  restore: (privileged = false) =>
    buildRestoreJob({ ...restoreStep(), plan: { ...restorePlan, privileged } }, settings),
  check: (privileged = false) => buildCheckJob({ ...restoreStep(), plan: { ...restorePlan, privileged } }, settings),
};
const all = Object.entries(jobs).map(([name, build]) => [name, build] as const);

describe.each(all)('the Job of a %s', (_name, build) => {
  test('has the shape that admission policies patch', () => {
    const job = build();
    const pod = podOf(job);
    expect(pod.initContainers).toBeUndefined();
    expect(pod.containers).toHaveLength(1);
    expect(containerOf(job).name).toBe('kopia');
    expect(
      containerOf(job)
        .env?.slice(0, 2)
        .map(({ name }) => name),
    ).toEqual(['DATA_DIR', 'KOPIA_CACHE_DIR']);
    expect(pod.volumes?.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['data', 'cache', 'tempdir', 'repository', 'kopia-config']),
    );
    expect(containerOf(job).volumeMounts?.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['data', 'repository']),
    );
    for (const { metadata } of [job, job.spec!.template]) {
      expect(metadata?.labels?.['app.kubernetes.io/created-by']).toBe('volsync');
      expect(metadata?.labels?.['stowage.dev/run']).toBe('run-own');
      expect(metadata?.annotations?.['stowage.dev/workflow-id']).toBe('test/own');
    }
  });

  test('makes one pod and never a second beside it', () => {
    expect(build().spec).toMatchObject({ backoffLimit: 0, parallelism: 1, podReplacementPolicy: 'Failed' });
    expect(podOf(build()).restartPolicy).toBe('Never');
    expect(build().spec?.ttlSecondsAfterFinished).toBeGreaterThan(3600);
  });

  test('passes the restricted Pod Security Standard', () => {
    const pod = podOf(build());
    expect(pod.securityContext).toMatchObject({
      runAsUser: 1000,
      runAsNonRoot: true,
      fsGroup: 1000,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(containerOf(build()).securityContext).toEqual({
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.enableServiceLinks).toBe(false);
    const allowed = ['persistentVolumeClaim', 'emptyDir', 'downwardAPI'];
    for (const { name: _, ...source } of pod.volumes!) expect(allowed).toContain(Object.keys(source)[0]);
  });

  test('runs as root with exactly the needed capabilities where the namespace allows it', () => {
    const pod = podOf(build(true));
    expect(pod.securityContext).toMatchObject({ runAsUser: 0, runAsNonRoot: false, fsGroup: 1000 });
    const { capabilities, allowPrivilegeEscalation } = containerOf(build(true)).securityContext!;
    expect(allowPrivilegeEscalation).toBe(false);
    expect(capabilities?.drop).toEqual(['ALL']);
    const basic = ['DAC_OVERRIDE', 'CHOWN', 'FOWNER', 'DAC_READ_SEARCH'];
    expect(capabilities?.add).toEqual(_name === 'restore' ? [...basic, 'FSETID'] : basic);
  });

  test('takes the password by reference and nowhere else', () => {
    const { env, args, command } = containerOf(build());
    expect(env?.find(({ name }) => name === 'KOPIA_PASSWORD')).toEqual({
      name: 'KOPIA_PASSWORD',
      valueFrom: { secretKeyRef: { name: 'app-volsync-secret', key: 'KOPIA_PASSWORD' } },
    });
    for (const argument of [...(command ?? []), ...(args ?? [])]) expect(argument).not.toMatch(/sh$|\$\(|&&|\|/);
  });
});

describe('the backup mover', () => {
  const job = jobs.backup();

  test('bears the name and the label that scripts look for', () => {
    expect(job.metadata?.name).toBe('volsync-src-app-src');
    expect(job.metadata?.labels?.['volsync.backube/replication-source']).toBe('app-src');
  });

  test("mounts the source read-only in the claim's reference, so that the kubelet rewrites no owner", () => {
    expect(podOf(job).volumes?.find(({ name }) => name === 'data')).toEqual({
      name: 'data',
      persistentVolumeClaim: { claimName: 'app-config', readOnly: true },
    });
  });

  test('asks Kopia for one snapshot under the identity, tagged with the run and what the claim was', () => {
    expect(containerOf(job).args).toEqual([
      'snapshot',
      'create',
      '--json',
      '--no-auto-maintenance',
      '--flush-per-source',
      '--log-level=error',
      '--disable-file-logging',
      '--no-progress',
      '--parallel=2',
      '--override-source=app-src@demo:/data',
      '--tags=stowage-run:run-own',
      '--tags=stowage-capacity:10Gi',
      '--tags=stowage-storage-class:fast',
      '--tags=stowage-access-modes:ReadWriteOnce',
      '--metrics-listen-addr=:9411',
      '/data',
    ]);
  });

  test("projects a configuration without a secret, with a cache of this repository's own", () => {
    const text = job.spec?.template.metadata?.annotations?.['stowage.dev/kopia-config'] ?? '';
    expect(JSON.parse(text)).toMatchObject({
      storage: { type: 'filesystem', config: { path: '/repository' } },
      caching: { cacheDirectory: expect.stringMatching(/^\/cache\/f4c1e2a3b4d5-\d+$/) },
      hostname: 'demo',
      username: 'app-src',
      formatBlobCacheDuration: -1,
    });
    expect(text).not.toMatch(/password/i);
    expect(podOf(job).volumes?.find(({ name }) => name === 'kopia-config')?.downwardAPI?.items).toEqual([
      { path: 'kopia.config', fieldRef: { fieldPath: "metadata.annotations['stowage.dev/kopia-config']" } },
    ]);
  });

  test('runs on the node that holds the volume, and on any other where none does', () => {
    expect(podOf(job).affinity).toBeUndefined();
    const pinned = buildBackupJob(backupInput({ plan: { ...backupPlan, nodeName: 'node1' } }), settings);
    const terms = podOf(pinned).affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    expect(terms?.nodeSelectorTerms).toEqual([
      { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node1'] }] },
    ]);
  });

  test("passes the application's own security context through", () => {
    const { request, run } = backupStep({
      moverSecurityContext: { runAsUser: 568, fsGroup: 568, supplementalGroups: [44] },
    });
    const pod = podOf(buildBackupJob(backupInput({ request, run }), settings));
    expect(pod.securityContext).toMatchObject({ runAsUser: 568, runAsNonRoot: true, supplementalGroups: [44] });
  });

  test('shortens a long source in name and label alike, so that the pod is admitted', () => {
    const source = `s${'x'.repeat(100)}`;
    const { request, run } = backupStep({ source });
    const long = buildBackupJob(backupInput({ request, run }), settings);
    expect(long.metadata?.name?.length).toBeLessThanOrEqual(63);
    expect(long.metadata?.labels?.['volsync.backube/replication-source']?.length).toBeLessThanOrEqual(63);
  });
});

describe('the restore mover', () => {
  const job = jobs.restore();

  test('fills a volume that lies below a writable folder, from a repository that it can not write', () => {
    const mounts = containerOf(job).volumeMounts!;
    expect(mounts.find(({ name }) => name === 'restore')?.mountPath).toBe('/restore');
    expect(mounts.find(({ name }) => name === 'data')).toEqual({ name: 'data', mountPath: '/restore/data' });
    expect(podOf(job).volumes?.find(({ name }) => name === 'restore')?.emptyDir).toEqual({});
    expect(podOf(job).volumes?.find(({ name }) => name === 'repository')?.persistentVolumeClaim).toEqual({
      claimName: 'kopia',
      readOnly: true,
    });
    expect(JSON.parse(job.spec!.template.metadata!.annotations!['stowage.dev/kopia-config']!).readonly).toBe(true);
  });

  test('restores the pinned snapshot, holes as holes, and owners only where it may', () => {
    expect(containerOf(job).args).toEqual(
      expect.arrayContaining([
        '--write-sparse-files',
        '--skip-owners',
        'cc2610eb6d80ed3eac60519c6a6e5a16',
        '/restore/data',
      ]),
    );
    expect(containerOf(jobs.restore(true)).args).not.toContain('--skip-owners');
  });
});

test("the check runs Stowage's own program on volumes that it can not write", () => {
  const job = jobs.check();
  expect(job.metadata?.name).toBe('stowage-check-app-dst');
  expect(containerOf(job).image).toBe(settings.stowageImage);
  expect([...containerOf(job).command!, ...containerOf(job).args!]).toEqual([
    'node',
    '/app/dist/activities/checker/main.js',
    '--root=/restore/data',
    '--snapshot-root=k3e7b03c864f2de386a02a8ded6c8ff12',
    '--sample-every=10',
  ]);
  for (const name of ['data', 'repository']) {
    expect(podOf(job).volumes?.find((volume) => volume.name === name)?.persistentVolumeClaim?.readOnly).toBe(true);
  }
});
