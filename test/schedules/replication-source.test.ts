import { describe, expect, it } from 'vitest';
import { resolveBackup } from '../../api/backup-request.ts';
import { readReplicationSource } from '../../api/replication-source.ts';
import { declared, manifest } from './manifests.ts';

const problemsOf = (object: object): Record<string, string> => {
  const reading = readReplicationSource(object);
  if (reading.kind !== 'Invalid') throw new Error(`expected problems, got ${reading.kind}`);
  return Object.fromEntries(reading.problems.map(({ field, message }) => [field, message]));
};

describe('a ReplicationSource as it stands in git', () => {
  it('becomes a request that the workflow accepts, with everything the reference declares', () => {
    const source = declared({
      kopia: {
        compression: 'zstd-fastest',
        parallelism: 2,
        retain: { hourly: 24, daily: 7 },
        storageClassName: 'csi-cephfs-config-sc',
        volumeSnapshotClassName: 'csi-cephfs-config-snapclass',
        cacheCapacity: '2Gi',
        cacheStorageClassName: 'fast',
        cacheAccessModes: ['ReadWriteOnce'],
        username: 'emby',
        hostname: 'media',
        sourcePathOverride: '/config',
        moverSecurityContext: { runAsUser: 568, runAsGroup: 568, fsGroup: 568 },
        moverVolumes: [{ mountPath: 'repository', volumeSource: { persistentVolumeClaim: { claimName: 'backups' } } }],
      },
    });
    expect(source.unsupported).toEqual([]);
    expect(resolveBackup(source.request)).toMatchObject({
      namespace: 'demo',
      claim: 'app-config',
      source: 'app-src',
      secretName: 'app-volsync-secret',
      repositoryClaim: 'backups',
      identity: { username: 'emby', hostname: 'media', path: '/config' },
      cache: { capacity: '2Gi', storageClassName: 'fast', accessModes: ['ReadWriteOnce'] },
      moverSecurityContext: { runAsUser: 568, runAsGroup: 568, fsGroup: 568 },
      retain: { latest: 0, hourly: 24, daily: 7, weekly: 0, monthly: 0, yearly: 0 },
    });
  });

  it('keeps nothing in tiers that a declared retain leaves out', () => {
    expect(declared({ kopia: { retain: { daily: 30 } } }).request.retain).toEqual({
      latest: 0,
      hourly: 0,
      daily: 30,
      weekly: 0,
      monthly: 0,
      yearly: 0,
    });
    expect(declared({ kopia: { retain: {} } }).request.retain).toBeUndefined();
  });

  it.each([
    ['None', 'Direct'],
    ['Direct', 'Direct'],
    ['Clone', 'Clone'],
    ['Snapshot', 'Snapshot'],
  ])('reads copyMethod %s as %s', (written, meant) => {
    expect(declared({ kopia: { copyMethod: written } }).request.copyMethod).toBe(meant);
  });

  it('takes the volume of the older field repositoryPVC, and leaves where the repository lies in it to what was found', () => {
    const { request } = declared({ kopia: { repositoryPVC: 'kopia' } });
    expect(request.repositoryClaim).toBe('kopia');
    expect(request.repositoryPath).toBeUndefined();
  });

  it('names every field that has no effect, and no other', () => {
    const source = declared({
      kopia: {
        actions: { beforeSnapshot: 'sync' },
        additionalArgs: ['--x'],
        retane: { hourly: 1 },
        moverSecurityContext: { runAsUser: 1, sysctls: [] },
        moverVolumes: [
          { mountPath: 'scripts', volumeSource: { secret: { secretName: 'x', magic: true } } },
          { mountPath: 'repo', volumeSource: { persistentVolumeClaim: { claimName: 'backups', readOnly: true } } },
        ],
      },
    });
    expect(source.unsupported.map(({ field }) => field)).toEqual([
      'spec.kopia.actions',
      'spec.kopia.additionalArgs',
      'spec.kopia.retane',
      'spec.kopia.moverSecurityContext.sysctls',
      'spec.kopia.moverVolumes[0].volumeSource.secret.magic',
      'spec.kopia.moverVolumes[1].volumeSource.persistentVolumeClaim.readOnly',
    ]);
    expect(source.request.repositoryClaim).toBe('backups');
  });

  it('takes pause, manual trigger and what ran before from their places', () => {
    expect(
      declared({
        spec: { paused: true, trigger: { manual: 'now-1' } },
        status: { lastSyncTime: '2025-11-21T00:01:09Z' },
      }),
    ).toMatchObject({
      paused: true,
      manual: 'now-1',
      lastSyncTime: '2025-11-21T00:01:09Z',
    });
    expect(declared({ spec: { trigger: undefined } }).unsupported.map(({ field }) => field)).toEqual(['spec.trigger']);
  });

  it('tells all problems at once, each with its path in the manifest', () => {
    const problems = problemsOf({
      ...manifest(),
      metadata: { name: 'App_Src' },
      spec: {
        trigger: { schedule: '0 25 * * 7' },
        kopia: {
          retain: { hourly: 'many' },
          parallelism: 'two',
          cacheCapacity: 'big',
          username: '-x',
          sourcePathOverride: 'data',
          moverSecurityContext: { runAsUser: 'root' },
          moverVolumes: [{ volumeSource: { persistentVolumeClaim: { claimName: 'No' } } }],
        },
      },
    });
    expect(Object.keys(problems).sort()).toEqual([
      'metadata.name',
      'metadata.namespace',
      'spec.kopia.cacheCapacity',
      'spec.kopia.copyMethod',
      'spec.kopia.moverSecurityContext.runAsUser',
      'spec.kopia.moverVolumes[0].volumeSource.persistentVolumeClaim.claimName',
      'spec.kopia.parallelism',
      'spec.kopia.repository',
      'spec.kopia.retain.hourly',
      'spec.kopia.sourcePathOverride',
      'spec.kopia.username',
      'spec.sourcePVC',
      'spec.trigger.schedule',
    ]);
  });

  it.each([
    ['every hour', /^must be five cron fields.*\(got "every hour"\)$/],
    ['99 25 * * *', /minute: '99'.*; .*hour: '25'/],
  ])('says once what is wrong with the schedule %s', (schedule, message) => {
    const reading = readReplicationSource(manifest({ spec: { trigger: { schedule } } }));
    const problems = reading.kind === 'Invalid' ? reading.problems : [];
    expect(problems).toEqual([{ field: 'spec.trigger.schedule', message: expect.stringMatching(message) }]);
  });

  it('refuses two movers in one object', () => {
    expect(problemsOf(manifest({ spec: { restic: {} } }))).toHaveProperty('spec.restic');
  });

  it.each([
    [manifest({ spec: { kopia: undefined, restic: {} } }), 'its mover is restic'],
    [manifest({ spec: { kopia: undefined } }), 'it has no spec.kopia'],
    [{ ...manifest(), kind: 'ReplicationDestination' }, 'ReplicationDestination'],
    [{ ...manifest(), apiVersion: 'v1' }, 'of v1'],
    [null, 'an object without kind'],
    ['text', 'an object without kind'],
  ])('leaves what is not ours alone (%#)', (object, reason) => {
    expect(readReplicationSource(object)).toMatchObject({ kind: 'NotOurs', reason: expect.stringContaining(reason) });
  });
});
