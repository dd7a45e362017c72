import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ClusterOptions } from '../../../activities/kubernetes/client.ts';
import { connectCluster } from '../../../activities/kubernetes/client.ts';
import { type Answer, configMap, json, type ScriptedServer, startScriptedServer, status } from './scripted-server.ts';

let server: ScriptedServer | undefined;
afterEach(async () => {
  vi.useRealTimers();
  await server?.close();
  server = undefined;
});
const start = async (answers: readonly Answer[], options?: ClusterOptions & { tokenFile?: string }) => {
  server = await startScriptedServer(answers, options);
  return server;
};
const ref = { namespace: 'demo', name: 'x' };
const make = { metadata: { namespace: 'demo', name: 'x' } };

describe('errors of the API server', () => {
  const forbidden =
    'jobs.batch is forbidden: User "system:serviceaccount:stowage-system:control" cannot create resource "jobs" in API group "batch" in the namespace "demo"';
  const table: [what: string, answer: Answer, type: string, message: string][] = [
    [
      'a right that is missing',
      status(403, 'Forbidden', forbidden),
      'Forbidden',
      `cannot create Job demo/x: ${forbidden}`,
    ],
    [
      'credentials that do not count',
      status(401, 'Unauthorized', 'Unauthorized'),
      'Forbidden',
      'does not accept the credentials',
    ],
    [
      'a body that the server refuses',
      status(422, 'Invalid', 'Job "x" is invalid: spec', { name: 'x' }),
      'InvalidSpec',
      'Job "x" is invalid',
    ],
    [
      'a server in trouble',
      status(500, 'InternalError', 'etcd leader changed'),
      'ClusterUnreachable',
      'etcd leader changed',
    ],
    [
      'a kind that is not served',
      json(404, { kind: 'Status', reason: 'NotFound', message: 'no', details: {} }),
      'InvalidSpec',
      'serves no jobs of batch/v1',
    ],
  ];
  it.each(table)("%s has its type and the server's own words", async (_, answer, type, message) => {
    const { cluster } = await start([answer]);
    const error = await cluster.create('Job', make).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'PortError', type, message: expect.stringContaining(message) });
  });

  it('a missing VolumeSnapshot CRD is no missing object', async () => {
    const { cluster } = await start([json(404, { kind: 'Status', reason: 'NotFound', message: 'x', details: {} })]);
    await expect(cluster.get('VolumeSnapshot', ref)).rejects.toMatchObject({
      type: 'VolumeSnapshotFailed',
      message: expect.stringContaining('install their CRD'),
    });
  });

  it('a cluster without the CRDs holds no declared object, whatever form its 404 has', async () => {
    const { cluster } = await start([
      (response) => response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found'),
      json(404, { kind: 'Status', reason: 'NotFound', message: 'the server could not find it', details: {} }),
    ]);
    expect(await cluster.get('ReplicationSource', ref)).toBeUndefined();
    expect(await cluster.applyStatus('ReplicationDestination', ref, {}, 'test')).toBeUndefined();
    // A list decides what is deleted: there it stays an error.
    await expect(cluster.list('ReplicationSource', {})).rejects.toMatchObject({
      message: expect.stringContaining('serves no replicationsources'),
    });
  });

  it('says who wrote an object, and keeps in memory nothing of which fields', async () => {
    const managedFields = [{ manager: 'stowage', operation: 'Apply', fieldsV1: { 'f:status': {} } }];
    const metadata = { name: 'kopia', namespace: 'demo', managedFields };
    const { cluster } = await start([json(200, { metadata }), json(200, { metadata })]);
    for (const kind of ['ReplicationSource', 'PersistentVolumeClaim'] as const) {
      const found = (await cluster.get(kind, ref))?.metadata?.managedFields;
      expect(found).toMatchObject([{ manager: 'stowage', operation: 'Apply' }]);
      expect(JSON.stringify(found)).not.toContain('f:status');
    }
  });

  it('neither bodies nor headers nor tokens get into an error', async () => {
    const { cluster } = await start([
      (response) => response.writeHead(502, { 'x-secret': 'hunter2' }).end('<html>hunter2 of a proxy</html>'),
    ]);
    const error = (await cluster.get('Secret', ref).catch((thrown: unknown) => thrown)) as Error;
    const everything = `${error.message} ${error.stack} ${JSON.stringify(error.cause)} ${String(error.cause)}`;
    expect(everything).toContain('502');
    expect(everything).not.toMatch(/hunter2|secret-token/);
  });

  it('no server, a silent server and an answer that is cut short are ClusterUnreachable', async () => {
    const silent = await start([() => undefined], { timeoutSeconds: 0.1 });
    await expect(silent.cluster.get('Job', ref)).rejects.toMatchObject({
      type: 'ClusterUnreachable',
      message: expect.stringContaining('no answer within 0.1 s'),
    });
    await silent.close();
    await expect(silent.cluster.get('Job', ref)).rejects.toMatchObject({
      type: 'ClusterUnreachable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    const cut = await start([
      (response) => void response.writeHead(200, { 'content-length': '99' }).write('{"a', () => response.destroy()),
    ]);
    await expect(cut.cluster.get('Job', ref)).rejects.toMatchObject({ type: 'ClusterUnreachable' });
  });

  it('a context that does not exist is named with those that do', () => {
    const folder = mkdtempSync(join(tmpdir(), 'stowage-test-'));
    const path = join(folder, 'kubeconfig');
    writeFileSync(path, JSON.stringify({ contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }] }));
    expect(() => connectCluster({ type: 'Kubeconfig', path, context: 'there' })).toThrow(
      /no context 'there': it has here/,
    );
    expect(() => connectCluster({ type: 'Kubeconfig', path: join(folder, 'no') })).toThrow(
      /cannot read the kubeconfig/,
    );
    rmSync(folder, { recursive: true });
  });
});

describe('patience', () => {
  it('waits as long as a 429 says, and no other answer is repeated', async () => {
    const busy = status(429, 'TooManyRequests', 'later', undefined, { 'retry-after': '1' });
    const { cluster, requests } = await start([busy, json(200, configMap('x', 1)), status(500, 'InternalError', 'no')]);
    const started = Date.now();
    expect((await cluster.get('ConfigMap', ref))?.metadata?.name).toBe('x');
    expect(Date.now() - started).toBeGreaterThan(900);
    await expect(cluster.get('ConfigMap', ref)).rejects.toMatchObject({ type: 'ClusterUnreachable' });
    expect(requests).toHaveLength(3);
  });

  it('repeats a patch that met another change, but not for ever', async () => {
    const conflict = status(409, 'Conflict', 'the object has been modified', { name: 'x' });
    const { cluster, requests } = await start([conflict, conflict, json(200, configMap('x', 3)), conflict]);
    expect((await cluster.patch('ConfigMap', ref, { data: {} }))?.metadata?.resourceVersion).toBe('3');
    expect(requests).toHaveLength(3);
    await expect(cluster.patch('ConfigMap', ref, { data: {} })).rejects.toMatchObject({ type: 'ClusterUnreachable' });
    expect(requests).toHaveLength(8);
  });
});

describe('connections and credentials', () => {
  it('uses one connection for requests that follow each other', async () => {
    const { cluster, connections } = await start([json(200, configMap('x', 1))]);
    for (let i = 0; i < 5; i++) await cluster.get('ConfigMap', ref);
    expect(connections()).toBe(1);
    expect(cluster.requestCounts()).toEqual({ 'get ConfigMap': 5 });
  });

  it('asks again when the server closed a pooled connection in that very moment', async () => {
    const answer = json(200, configMap('x', 1));
    const { cluster, requests } = await start([answer, (response) => response.socket?.resetAndDestroy(), answer]);
    await cluster.get('ConfigMap', ref);
    expect((await cluster.get('ConfigMap', ref))?.metadata?.name).toBe('x');
    expect(requests).toHaveLength(3);
  });

  it('follows a token file that is rotated', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const folder = mkdtempSync(join(tmpdir(), 'stowage-test-'));
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, 'first');
    const { cluster, requests } = await start([json(200, configMap('x', 1))], { tokenFile });
    await cluster.get('ConfigMap', ref);
    writeFileSync(tokenFile, 'second');
    vi.setSystemTime(Date.now() + 75_000);
    await cluster.get('ConfigMap', ref);
    expect(requests.map(({ authorization }) => authorization)).toEqual(['Bearer first', 'Bearer second']);
    rmSync(folder, { recursive: true });
  });

  it('sends each patch with its own content, and a deletion with its conditions', async () => {
    const { cluster, requests } = await start([json(200, configMap('x', 1))]);
    await cluster.patch('Pod', ref, { status: {} }, { subresource: 'status' });
    await cluster.delete('Job', ref, { uid: 'u1', gracePeriodSeconds: 0 });
    await cluster.delete('PersistentVolumeClaim', ref);
    expect(requests[0]).toMatchObject({ method: 'PATCH', path: '/api/v1/namespaces/demo/pods/x/status' });
    expect(JSON.parse(requests[1]?.body ?? '')).toMatchObject({
      propagationPolicy: 'Foreground',
      preconditions: { uid: 'u1' },
      gracePeriodSeconds: 0,
    });
    expect(JSON.parse(requests[2]?.body ?? '')).not.toHaveProperty('preconditions');
  });
});
