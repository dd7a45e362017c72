import type { V1Job, V1PodSpec } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { buildBackupJob } from '../../../activities/mover/backup-job.ts';
import { buildCheckJob } from '../../../activities/mover/check-job.ts';
import { declaredClaims } from '../../../activities/mover/declared-pod.ts';
import { buildRestoreJob } from '../../../activities/mover/restore-job.ts';
import { placeOf } from '../../../activities/volume/repository-place.ts';
import { type BackupRequest, resolveBackup } from '../../../api/backup-request.ts';
import { resolveRestore } from '../../../api/restore-request.ts';
import { backupInput, backupPlan, restorePlan, restoreStep, settings } from '../small-world.ts';

type Declared = Pick<
  BackupRequest,
  | 'moverServiceAccount'
  | 'moverPodLabels'
  | 'moverResources'
  | 'moverAffinity'
  | 'moverVolumes'
  | 'repositoryNfs'
  | 'cache'
>;

const volume = { namespace: 'demo', claim: 'app-config' };
const podOf = (job: V1Job): V1PodSpec => job.spec!.template.spec!;

/** As preflight finds it. */
const place = (declared: Declared) => ({ repository: placeOf(declared, { kind: 'Volume' })! });

const builders = {
  backup: (declared: Declared, nodeName?: string) =>
    buildBackupJob(
      {
        ...backupInput({ plan: { ...backupPlan, ...place(declared), ...(nodeName ? { nodeName } : {}) } }),
        request: resolveBackup({ ...volume, ...declared }),
      },
      settings,
    ),
  restore: (declared: Declared) =>
    buildRestoreJob(
      {
        ...restoreStep(),
        plan: { ...restorePlan, ...place(declared) },
        request: resolveRestore({ ...volume, ...declared }),
      },
      settings,
    ),
  check: (declared: Declared) =>
    buildCheckJob(
      {
        ...restoreStep(),
        plan: { ...restorePlan, ...place(declared) },
        request: resolveRestore({ ...volume, ...declared }),
      },
      settings,
    ),
};
const all = Object.entries(builders).map(([name, build]) => [name, build] as const);

const antiAffinity = {
  podAntiAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      {
        topologyKey: 'kubernetes.io/hostname',
        labelSelector: { matchLabels: { 'app.kubernetes.io/created-by': 'volsync' } },
      },
    ],
  },
};

describe.each(all)('what is declared of the pod of a %s', (_name, build) => {
  test('is on it: labels, resources, affinity and service account, and still no token', () => {
    const moverResources = { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '1Gi' } };
    const job = build({
      moverServiceAccount: 'backup',
      moverPodLabels: { 'policy.example.com/allow': 'nas' },
      moverResources,
      moverAffinity: antiAffinity,
    });
    expect(job.spec?.template.metadata?.labels).toMatchObject({ 'policy.example.com/allow': 'nas' });
    expect(podOf(job)).toMatchObject({
      serviceAccountName: 'backup',
      automountServiceAccountToken: false,
      affinity: antiAffinity,
    });
    expect(podOf(job).containers[0]?.resources).toEqual(moverResources);
  });

  test('never replaces a label by which a run finds its own, and adds nothing where nothing is declared', () => {
    const labels = { 'stowage.dev/run': 'other', 'app.kubernetes.io/created-by': 'me' };
    expect(build({ moverPodLabels: labels }).spec?.template.metadata?.labels).toMatchObject({
      'stowage.dev/run': 'run-own',
      'app.kubernetes.io/created-by': 'volsync',
    });
    const plain = podOf(build({}));
    expect(plain.affinity).toBeUndefined();
    expect(plain.serviceAccountName).toBeUndefined();
    expect(plain.containers[0]).not.toHaveProperty('resources');
    expect(plain.volumes?.filter(({ name }) => name.startsWith('u-'))).toEqual([]);
  });

  test('puts an NFS repository where the claim would be', () => {
    const pod = podOf(build({ repositoryNfs: { server: 'nas.lan', path: '/volume1/kopia' } }));
    expect(pod.volumes?.filter(({ name }) => name === 'repository')).toEqual([
      { name: 'repository', nfs: { server: 'nas.lan', path: '/volume1/kopia', readOnly: _name !== 'backup' } },
    ]);
    expect(pod.containers[0]?.volumeMounts).toContainEqual({
      name: 'repository',
      mountPath: '/repository',
      ...(_name === 'backup' ? {} : { readOnly: true }),
    });
  });
});

describe.each(all.slice(0, 2))('volumes beside the repository, of a %s', (_name, build) => {
  test("are mounted under VolSync's names and places, after the arrays that policies append to", () => {
    const pod = podOf(
      build({
        moverVolumes: [
          { mountPath: 'scripts', volumeSource: { secret: { secretName: 'scripts', defaultMode: 0o440 } } },
          { mountPath: 'more', volumeSource: { persistentVolumeClaim: { claimName: 'more', readOnly: true } } },
          { mountPath: 'nas', volumeSource: { nfs: { server: 'nas', path: '/x' } } },
        ],
      }),
    );
    expect(pod.volumes?.filter(({ name }) => name.startsWith('u-'))).toEqual([
      { name: 'u-scripts', secret: { secretName: 'scripts', defaultMode: 0o440 } },
      { name: 'u-more', persistentVolumeClaim: { claimName: 'more', readOnly: true } },
      { name: 'u-nas', nfs: { server: 'nas', path: '/x' } },
    ]);
    const mounts = pod.containers[0]?.volumeMounts?.filter(({ name }) => name.startsWith('u-'));
    expect(mounts?.map(({ mountPath }) => mountPath)).toEqual(['/mnt/scripts', '/mnt/more', '/mnt/nas']);
  });
});

test('the claims that may keep a mover from starting are those it mounts', () => {
  const moverVolumes = [{ mountPath: 'more', volumeSource: { persistentVolumeClaim: { claimName: 'more' } } }];
  const claims = (declared: Declared) =>
    declaredClaims(place(declared).repository, resolveBackup({ ...volume, ...declared }));
  expect(claims({ moverVolumes })).toEqual(['kopia', 'more']);
  expect(claims({ repositoryNfs: { server: 'nas', path: '/x' } })).toEqual([]);
});

test('a pod that must run on one node stays on it in every alternative that is declared', () => {
  const term = { matchExpressions: [{ key: 'kubernetes.io/arch', operator: 'In', values: ['amd64'] }] };
  const job = builders.backup(
    {
      moverAffinity: {
        ...antiAffinity,
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term, {}] } },
      },
    },
    'node1',
  );
  const onNode = [{ key: 'metadata.name', operator: 'In', values: ['node1'] }];
  expect(podOf(job).affinity).toEqual({
    ...antiAffinity,
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ ...term, matchFields: onNode }, { matchFields: onNode }],
      },
    },
  });
});

test('the declared limits of the cache reach Kopia', () => {
  const job = builders.backup({ cache: { capacity: '1Gi', metadataLimitMb: 100, contentLimitMb: 50 } });
  const config = JSON.parse(job.spec?.template.metadata?.annotations?.['stowage.dev/kopia-config'] ?? '');
  expect(config.caching).toMatchObject({ maxMetadataCacheSize: 100 * 2 ** 20, maxCacheSize: 50 * 2 ** 20 });
});

test("a restore's cache goes with its pod, on the node or, where a class is declared, as a claim that the pod owns", () => {
  const cacheOf = (job: V1Job) => podOf(job).volumes?.find(({ name }) => name === 'cache');
  expect(cacheOf(builders.restore({ cache: { capacity: '5Gi' } }))).toEqual({ name: 'cache', emptyDir: {} });
  const cache = { capacity: '5Gi', storageClassName: 'fast' };
  expect(cacheOf(builders.restore({ cache }))?.ephemeral?.volumeClaimTemplate).toMatchObject({
    metadata: { labels: { 'app.kubernetes.io/created-by': 'volsync' } },
    spec: { storageClassName: 'fast', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } } },
  });
  expect(cacheOf(builders.check({ cache }))).toEqual({ name: 'cache', emptyDir: {} });
});
