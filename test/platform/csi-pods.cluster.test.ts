import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { storageNames } from '../../platform/csi/manifests.ts';
import { createKubectl, type Kubectl } from '../system/kubectl.ts';
import { claimManifest, namespaceManifest, scriptJobManifest } from '../system/objects.ts';
import { until } from '../system/until.ts';
import '../provided.ts';

const one = 'csi-pods-one';
const two = 'csi-pods-two';
const { storageClass, cacheStorageClass, sharedStorageClass, limitedStorageClass } = storageNames;
const snapshotSource = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'cut' };

describe('volumes in pods', () => {
  const platform = inject('platform');
  let kubectl: Kubectl;
  beforeAll(async () => {
    kubectl = createKubectl(platform.tools.kubectl!, platform.kubeconfig);
    await kubectl.apply(namespaceManifest(one, false), namespaceManifest(two, false));
  });
  afterAll(() => kubectl.run('delete', 'namespace', one, two, '--wait=true', '--timeout=90s'), 120_000);

  /** Runs a shell script on a claim in a pod of its own; the exit code decides the end, the log is returned. */
  const runOn = async (namespace: string, claim: string, name: string, script: string, uid = 1000) => {
    await kubectl.apply(scriptJobManifest(namespace, name, platform.images.app, claim, script, uid));
    const end = await until(`Job ${name}`, 60, async () => {
      const types = await kubectl.run(
        '-n',
        namespace,
        'get',
        `job/${name}`,
        '-o',
        'jsonpath={.status.conditions[*].type}',
      );
      return types.split(' ').find((type) => type === 'Complete' || type === 'Failed');
    });
    return { end, log: await kubectl.run('-n', namespace, 'logs', `job/${name}`) };
  };
  const claimFrom = (name: string, dataSource: object, size = '256Mi', mode = 'ReadWriteOnce') => {
    const claim = claimManifest(one, name, storageClass, size, mode) as { spec: object };
    return { ...claim, spec: { ...claim.spec, dataSource } };
  };

  it('a snapshot and a clone hold what was written, a snapshot claimed too small stays Pending with the reason', async () => {
    await kubectl.apply(claimManifest(one, 'source', storageClass, '256Mi'));
    const write = 'head -c 20000000 /dev/urandom > /data/f; md5sum /data/f > /data/sum; ln -s f /data/soft';
    expect((await runOn(one, 'source', 'write', write)).end).toBe('Complete');
    await kubectl.apply({
      apiVersion: 'snapshot.storage.k8s.io/v1',
      kind: 'VolumeSnapshot',
      metadata: { namespace: one, name: 'cut' },
      spec: { source: { persistentVolumeClaimName: 'source' } },
    });
    await kubectl.apply(
      claimFrom('from-snapshot', snapshotSource),
      claimFrom('from-claim', { kind: 'PersistentVolumeClaim', name: 'source' }, '256Mi', 'ReadOnlyMany'),
      claimFrom('too-small', snapshotSource, '100Mi'),
    );
    const check = 'md5sum -c /data/sum; test -L /data/soft; touch /data/new';
    expect((await runOn(one, 'from-snapshot', 'check', check)).end).toBe('Complete');
    const readOnly = await runOn(one, 'from-claim', 'check-ro', check);
    expect([readOnly.end, readOnly.log]).toEqual(['Failed', expect.stringContaining('Read-only file system')]);
    expect(readOnly.log).toContain('/data/f: OK');
    await until('the reason in an event', 60, async () => {
      const events = await kubectl.run('-n', one, 'get', 'events', '-o', 'jsonpath={.items[*].message}');
      return events.includes('requested volume size 104857600 is less than the size 268435456');
    });
  });

  it('the shared class is one folder for movers of one group with different users in different namespaces', async () => {
    for (const namespace of [one, two]) {
      await kubectl.apply(claimManifest(namespace, 'repository', sharedStorageClass, '1Gi', 'ReadWriteMany'));
    }
    const folder = '/data/csi-pods';
    const written = await runOn(
      one,
      'repository',
      'shared-write',
      `umask 007; mkdir -p ${folder}; echo hello > ${folder}/p`,
      2000,
    );
    expect(written.end).toBe('Complete');
    const group = await runOn(
      two,
      'repository',
      'shared-read',
      `cat ${folder}/p; stat -c %g ${folder}/p; rm -r ${folder}`,
    );
    expect(group).toEqual({ end: 'Complete', log: 'hello\n1000' });
  });

  it('a limited volume is full when it is full', async () => {
    await kubectl.apply(claimManifest(one, 'limited', limitedStorageClass, '32Mi'));
    const { end, log } = await runOn(one, 'limited', 'fill', 'dd if=/dev/zero of=/data/f bs=1M count=40');
    expect([end, log]).toEqual(['Failed', expect.stringContaining('No space left on device')]);
  });

  it('a cache claim is bound by its first pod', async () => {
    await kubectl.apply(claimManifest(one, 'cache', cacheStorageClass, '256Mi'));
    expect(await kubectl.run('-n', one, 'get', 'pvc/cache', '-o', 'jsonpath={.status.phase}')).toBe('Pending');
    expect((await runOn(one, 'cache', 'cached', 'touch /data/x')).end).toBe('Complete');
  });

  it("the movers' image runs Kopia and has no shell", async () => {
    const job = (name: string, container: object) => {
      const manifest = structuredClone(scriptJobManifest(one, name, platform.images.kopia, 'source', '')) as {
        spec: { template: { spec: { containers: Record<string, unknown>[] } } };
      };
      const [script] = manifest.spec.template.spec.containers;
      delete script?.command;
      Object.assign(script ?? {}, container);
      return manifest;
    };
    await kubectl.apply(job('version', { args: ['--version'] }), job('shell', { command: ['/bin/sh'] }));
    await kubectl.run('-n', one, 'wait', 'job/version', '--for=condition=Complete', '--timeout=60s');
    expect(await kubectl.run('-n', one, 'logs', 'job/version')).toContain('0.21.1');
    const path = 'jsonpath={.items[*].status.containerStatuses[0].state.terminated.reason}';
    await until('the refusal to start a shell', 60, async () => {
      return (await kubectl.run('-n', one, 'get', 'pods', '-l', 'job-name=shell', '-o', path)) === 'StartError';
    });
  });
});
