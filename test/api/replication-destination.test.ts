import { describe, expect, it } from 'vitest';
import { readReplicationDestination } from '../../api/replication-destination.ts';
import { resolveRestore } from '../../api/restore-request.ts';
import { declaredDestination, destinationManifest } from './destinations.ts';

const problemsOf = (object: object): Record<string, string> => {
  const reading = readReplicationDestination(object);
  if (reading.kind !== 'Invalid') throw new Error(`expected problems, got ${reading.kind}`);
  return Object.fromEntries(reading.problems.map(({ field, message }) => [field, message]));
};

const unsupported = (change: Parameters<typeof declaredDestination>[0]): string[] =>
  declaredDestination(change).unsupported.map(({ field }) => field);

describe('a ReplicationDestination as it stands in git', () => {
  it('becomes the template of a request that the workflow accepts, with everything the reference declares', () => {
    const destination = declaredDestination({
      kopia: {
        copyMethod: 'Snapshot',
        capacity: '10Gi',
        storageClassName: 'csi-cephfs-config-sc',
        volumeSnapshotClassName: 'csi-cephfs-config-snapclass',
        accessModes: ['ReadWriteMany'],
        cleanupTempPVC: true,
        cleanupCachePVC: true,
        enableFileDeletion: true,
        restoreAsOf: '2026-11-23T12:00:00+01:00',
        previous: 2,
        cacheCapacity: '2Gi',
        cacheStorageClassName: 'fast',
        cacheAccessModes: ['ReadWriteOnce'],
        moverSecurityContext: { runAsUser: 568, runAsGroup: 568, fsGroup: 568 },
        sourceIdentity: { sourceName: 'app-src', sourceNamespace: 'media', sourcePathOverride: '/config' },
        moverVolumes: [{ mountPath: 'repository', volumeSource: { persistentVolumeClaim: { claimName: 'backups' } } }],
      },
    });
    expect(destination).toMatchObject({
      namespace: 'demo',
      name: 'app-dst',
      claim: 'app-config',
      copyMethod: 'Snapshot',
      identity: { kind: 'Source', namespace: 'media', name: 'app-src', path: '/config' },
      manual: 'restore-once',
      paused: false,
      cleanupTempPVC: true,
      cleanupCachePVC: true,
      unsupported: [],
    });
    expect(resolveRestore({ ...destination.template, claim: 'app-config' })).toMatchObject({
      namespace: 'demo',
      destination: 'app-dst',
      secretName: 'app-volsync-secret',
      repositoryClaim: 'backups',
      snapshot: { asOf: '2026-11-23T12:00:00+01:00', previous: 2 },
      capacity: '10Gi',
      storageClassName: 'csi-cephfs-config-sc',
      volumeSnapshotClassName: 'csi-cephfs-config-snapclass',
      accessModes: ['ReadWriteMany'],
      cache: { capacity: '2Gi', storageClassName: 'fast', accessModes: ['ReadWriteOnce'] },
      moverSecurityContext: { runAsUser: 568, runAsGroup: 568, fsGroup: 568 },
    });
  });

  it('needs neither a claim nor sizes nor a Secret: the claim that names it, its snapshot and its source say them', () => {
    const destination = declaredDestination({
      kopia: { destinationPVC: undefined, repository: undefined, previous: 0 },
    });
    expect(destination).not.toHaveProperty('claim');
    expect(destination.template).not.toHaveProperty('secretName');
    expect(destination.template).toMatchObject({ snapshot: { previous: 0 } });
    expect(destination.identity).toEqual({ kind: 'Unsaid' });
  });

  it('lets explicit names win over sourceIdentity, and takes the namespace of the destination where that names none', () => {
    expect(
      declaredDestination({ kopia: { username: 'a', hostname: 'b', sourceIdentity: { sourceName: 'x' } } }).identity,
    ).toEqual({ kind: 'Explicit', username: 'a', hostname: 'b' });
    expect(declaredDestination({ kopia: { sourceIdentity: { sourceName: 'app' } } }).identity).toEqual({
      kind: 'Source',
      namespace: 'demo',
      name: 'app',
    });
  });

  it.each([
    ['username', 'hostname'],
    ['hostname', 'username'],
  ])('refuses %s alone and asks for both', (given, missing) => {
    const message = problemsOf(destinationManifest({ kopia: { [given]: 'app' } }))[`spec.kopia.${missing}`];
    expect(message).toContain('username and hostname together');
  });

  it('refuses a sourceIdentity that names no source, and takes an empty one as left out', () => {
    expect(problemsOf(destinationManifest({ kopia: { sourceIdentity: { sourceNamespace: 'media' } } }))).toHaveProperty(
      ['spec.kopia.sourceIdentity.sourceName'],
    );
    expect(
      declaredDestination({ kopia: { sourceIdentity: { sourceName: '', sourceNamespace: null } } }).identity,
    ).toEqual({ kind: 'Unsaid' });
  });

  it.each([
    ['Direct', 'Direct'],
    ['None', 'Direct'],
    ['Snapshot', 'Snapshot'],
  ])('reads copyMethod %s as %s', (written, meant) => {
    expect(declaredDestination({ kopia: { copyMethod: written } }).copyMethod).toBe(meant);
  });

  it.each(['Clone', undefined])('refuses copyMethod %s and says what to write', (copyMethod) => {
    expect(problemsOf(destinationManifest({ kopia: { copyMethod } }))['spec.kopia.copyMethod']).toContain(
      'must be Snapshot or Direct',
    );
  });

  it('names every field that has no effect, and no other', () => {
    expect(
      unsupported({
        spec: { trigger: { schedule: '0 * * * *' } },
        kopia: {
          shallow: 1,
          enableFileDeletion: false,
          additionalArgs: ['--x'],
          retain: { daily: 1 },
          moverSecurityContext: { sysctls: [] },
          sourceIdentity: { sourceName: 'app', sourcePVCName: 'app' },
        },
      }),
    ).toEqual([
      'spec.kopia.shallow',
      'spec.kopia.additionalArgs',
      'spec.kopia.retain',
      'spec.kopia.moverSecurityContext.sysctls',
      'spec.kopia.sourceIdentity.sourcePVCName',
      'spec.trigger.schedule',
    ]);
    expect(unsupported({ spec: { trigger: undefined } })).toEqual(['spec.trigger']);
  });

  it('tells all problems at once, each with its path in the manifest', () => {
    const problems = problemsOf({
      ...destinationManifest(),
      metadata: { name: 'App_Dst' },
      spec: {
        restic: {},
        kopia: {
          destinationPVC: 'No',
          capacity: 'big',
          restoreAsOf: 'yesterday',
          previous: -1,
          cacheCapacity: 'big',
          accessModes: [],
          username: '-x',
          cleanupTempPVC: 'yes',
          sourceIdentity: { sourcePathOverride: 'data' },
          moverSecurityContext: { runAsUser: 'root' },
          moverVolumes: [{ volumeSource: { persistentVolumeClaim: { claimName: 'No' } } }],
        },
      },
    });
    expect(Object.keys(problems).sort()).toEqual([
      'metadata.name',
      'metadata.namespace',
      'spec.kopia.accessModes',
      'spec.kopia.cacheCapacity',
      'spec.kopia.capacity',
      'spec.kopia.cleanupTempPVC',
      'spec.kopia.copyMethod',
      'spec.kopia.destinationPVC',
      'spec.kopia.hostname',
      'spec.kopia.moverSecurityContext.runAsUser',
      'spec.kopia.moverVolumes[0].volumeSource.persistentVolumeClaim.claimName',
      'spec.kopia.previous',
      'spec.kopia.restoreAsOf',
      'spec.kopia.sourceIdentity.sourcePathOverride',
      'spec.kopia.username',
      'spec.restic',
    ]);
  });

  it('leaves what is not ours alone', () => {
    expect(readReplicationDestination(destinationManifest({ spec: { kopia: undefined, restic: {} } }))).toEqual({
      kind: 'NotOurs',
      reason: 'its mover is restic',
    });
    expect(readReplicationDestination({ ...destinationManifest(), kind: 'ReplicationSource' }).kind).toBe('NotOurs');
  });
});
