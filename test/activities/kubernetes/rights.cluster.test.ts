import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { connectCluster } from '../../../activities/kubernetes/client.ts';
import '../../provided.ts';

const namespace = 'default';
const folder = mkdtempSync(join(tmpdir(), 'stowage-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('rights', () => {
  it('that are missing are named: user, verb, resource and namespace', async () => {
    const config = new KubeConfig();
    config.loadFromFile(inject('platform').kubeconfig);
    const [user] = config.getUsers();
    // Whom an administrator may be: here a service account that has no right at all.
    const users = [{ ...user!, impersonateUser: 'system:serviceaccount:stowage-system:control' }];
    config.loadFromOptions({ ...config, clusters: config.getClusters(), contexts: config.getContexts(), users });
    const path = join(folder, 'limited');
    writeFileSync(path, config.exportConfig());
    const limited = connectCluster({ type: 'Kubeconfig', path });
    await expect(limited.create('Job', { metadata: { namespace, name: 'x' } })).rejects.toMatchObject({
      type: 'Forbidden',
      message: `cannot create Job ${namespace}/x: jobs.batch is forbidden: User "system:serviceaccount:stowage-system:control" cannot create resource "jobs" in API group "batch" in the namespace "${namespace}"`,
    });
    const watch = limited.watch('Secret', { namespace }, AbortSignal.timeout(10_000));
    await expect(watch[Symbol.asyncIterator]().next()).rejects.toMatchObject({ type: 'Forbidden' });
    limited.close();
  });
});
