import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ClusterClient, openCluster } from '../../cli/cluster.ts';
import { condition, sourceObject } from './declared.ts';

interface Answer {
  readonly status?: number;
  readonly body: object;
}

let server: Server;
let directory: string;
let cluster: ClusterClient;
/** By `METHOD path`, without its query. */
let answers: Map<string, Answer>;
let requests: { readonly call: string; readonly query: string; readonly contentType: string; readonly body: string }[];

const now = new Date('2026-11-23T12:00:00Z');
const SOURCES = '/apis/volsync.backube/v1alpha1/replicationsources';
const SOURCE = '/apis/volsync.backube/v1alpha1/namespaces/demo/replicationsources/app-src';
const LEASES = 'GET /apis/coordination.k8s.io/v1/leases';
const DEPLOYMENTS = 'GET /apis/apps/v1/deployments';

/** An API server that answers what it was told to, 404 otherwise, and notes what it was asked. */
beforeEach(async () => {
  answers = new Map();
  requests = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { pathname, search } = new URL(request.url ?? '/', 'http://api');
      const call = `${request.method} ${pathname}`;
      const body = Buffer.concat(chunks).toString();
      requests.push({ call, query: search, contentType: request.headers['content-type'] ?? '', body });
      const answer = answers.get(call) ?? { status: 404, body: { kind: 'Status', reason: 'NotFound' } };
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  directory = mkdtempSync(join(tmpdir(), 'stowage-cli-'));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const file = join(directory, 'config');
  writeFileSync(
    file,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'u', user: {} }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
  vi.stubEnv('KUBECONFIG', file);
  cluster = openCluster(undefined, () => now);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
  await new Promise((resolve) => server.close(resolve));
});

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe("whether VolSync's operator works", () => {
  const deployments = (replicas: number) => ({
    body: { items: [{ metadata: { namespace: 'volsync-system', name: 'volsync' }, spec: { replicas } }] },
  });
  const lease = (renewTime: string) => ({
    body: {
      items: [
        {
          metadata: { namespace: 'volsync-system', name: 'b95b3104.backube' },
          spec: { holderIdentity: 'volsync-1', leaseDurationSeconds: 137, renewTime },
        },
      ],
    },
  });

  it("is read from its lease, with the API's microseconds, and from its Deployment, in all namespaces", async () => {
    answers.set(LEASES, lease('2026-11-23T11:59:50.123456Z')).set(DEPLOYMENTS, deployments(0));
    expect(await cluster.volsync()).toEqual({
      acting: true,
      seen: ['Lease volsync-system/b95b3104.backube is held by volsync-1, renewed at 2026-11-23T11:59:50.123456Z'],
      deployments: [],
    });
    expect(requests.map(({ call, query }) => call + decodeURIComponent(query)).sort()).toEqual([
      `${DEPLOYMENTS}?labelSelector=app.kubernetes.io/name=volsync`,
      `${LEASES}?fieldSelector=metadata.name=b95b3104.backube`,
    ]);
    answers.set(LEASES, lease('2026-11-22T11:59:50.123456Z'));
    expect((await cluster.volsync()).acting).toBe(false);
    answers.set(DEPLOYMENTS, deployments(1));
    expect(await cluster.volsync()).toMatchObject({ acting: true, deployments: ['volsync-system/volsync'] });
  });

  it('is never guessed where it may not be seen', async () => {
    answers.set(LEASES, { status: 403, body: { kind: 'Status', message: 'no token-like-text here' } });
    answers.set(DEPLOYMENTS, deployments(0));
    const error = await failureOf(cluster.volsync());
    expect(error).toMatchObject({ type: 'Forbidden', exitCode: 35 });
    expect(String(error)).not.toContain('token-like-text');
  });
});

describe('declared objects', () => {
  it('are listed with their kind, which lists leave out', async () => {
    const { kind: _, apiVersion: __, ...bare } = sourceObject();
    answers.set(`GET ${SOURCES}`, { body: { items: [bare] } });
    expect(await cluster.declared('ReplicationSource')).toEqual([sourceObject()]);
  });

  it('that the cluster does not know are told with the remedy', async () => {
    expect(await failureOf(cluster.declared('ReplicationSource'))).toMatchObject({
      message: 'the cluster does not know replicationsources of volsync.backube/v1alpha1',
      remedy: expect.stringContaining('deploy/crds'),
    });
  });

  it('get the word as one annotation, and nothing else is written', async () => {
    answers.set(`PATCH ${SOURCE}`, { body: sourceObject() });
    expect(await cluster.setControl(sourceObject(), 'adopted')).toBe(true);
    expect(requests).toEqual([
      {
        call: `PATCH ${SOURCE}`,
        query: '?fieldManager=stowage-cli',
        contentType: 'application/merge-patch+json',
        body: JSON.stringify({ metadata: { annotations: { 'stowage.dev/control': 'adopted' } } }),
      },
    ]);
    answers.clear();
    expect(await cluster.setControl(sourceObject(), 'adopted')).toBe(false);
  });

  it("lose Stowage's conditions and marks of ownership, and keep VolSync's and everybody else's", async () => {
    const conditions = ['Synchronizing', 'Protected', 'FieldsHonoured', 'Suspicious', 'TheirOwn'].map((type) =>
      condition(type, 'True', 'Any'),
    );
    const managers = ['volsync', 'stowage', 'flux', 'stowage-run'].map((manager) => ({ manager }));
    const source = sourceObject({ status: { lastSyncTime: '2026-11-23T11:00:00Z', conditions } });
    const found = { ...source, metadata: { ...source.metadata, managedFields: managers } };
    answers.set(`GET ${SOURCE}`, { body: found }).set(`PATCH ${SOURCE}`, { body: found });
    answers.set(`PATCH ${SOURCE}/status`, { body: found });
    expect(await cluster.withdraw(source)).toBe(true);
    const patches = requests.filter(({ call }) => call.startsWith('PATCH'));
    expect(patches.map(({ call }) => call)).toEqual([`PATCH ${SOURCE}/status`, `PATCH ${SOURCE}`]);
    const [status, marks] = patches.map(({ body }) => JSON.parse(body));
    expect(Object.keys(status.status)).toEqual(['conditions']);
    expect(status.status.conditions.map(({ type }: { type: string }) => type)).toEqual(['Synchronizing', 'TheirOwn']);
    expect(marks).toEqual({ metadata: { managedFields: [{ manager: 'volsync' }, { manager: 'flux' }] } });
  });

  it('that nothing of ours stands on are not written at all', async () => {
    answers.set(`GET ${SOURCE}`, { body: sourceObject() });
    expect(await cluster.withdraw(sourceObject())).toBe(true);
    expect(requests.every(({ call }) => call.startsWith('GET'))).toBe(true);
    answers.clear();
    expect(await cluster.withdraw(sourceObject())).toBe(false);
  });
});

describe("a Secret's keys", () => {
  const SECRET = 'GET /api/v1/namespaces/demo/secrets/s';
  it('are named without their values', async () => {
    answers.set(SECRET, { body: { data: { KOPIA_PASSWORD: 'dmFsdWU=', KOPIA_REPOSITORY: '' } } });
    expect(await cluster.secretKeys('demo', 's')).toEqual(['KOPIA_PASSWORD', 'KOPIA_REPOSITORY']);
  });

  it.each([
    [404, 'Missing'],
    [403, 'Forbidden'],
  ])('HTTP %i is %s', async (status, word) => {
    answers.set(SECRET, { status, body: { kind: 'Status' } });
    expect(await cluster.secretKeys('demo', 's')).toBe(word);
  });
});

it('a claim tells what it waits for, and whether it is a block device', async () => {
  const dataSourceRef = { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: 'app-dst' };
  const claim = (name: string, spec: object) => ({ metadata: { namespace: 'demo', name }, spec, status: {} });
  const items = [
    claim('waits', { dataSourceRef }),
    claim('has-it', { dataSourceRef, volumeName: 'pv' }),
    claim('raw', { volumeMode: 'Block' }),
  ];
  answers.set('GET /api/v1/persistentvolumeclaims', { body: { items } });
  expect(await cluster.claims()).toMatchObject([
    { name: 'waits', waitsFor: 'app-dst' },
    { name: 'has-it' },
    { name: 'raw', block: true },
  ]);
  expect((await cluster.claims())[1]).not.toHaveProperty('waitsFor');
});

describe('what the cluster tells of drills', () => {
  const HISTORIES = 'GET /api/v1/namespaces/stowage-system/configmaps';
  const REPOSITORIES = 'GET /apis/stowage.dev/v1alpha1/namespaces/stowage-system/kopiarepositories';

  it('are the histories alone, by their label, without what can not be read', async () => {
    answers.set(HISTORIES, { body: { items: [{ metadata: { name: 'a' }, data: { note: 'no record' } }] } });
    expect(await cluster.drills('stowage-system')).toEqual([]);
    expect(requests[0]?.query).toContain('labelSelector=stowage.dev%2Fdrills-of');
  });

  it('and what is declared of repositories; nothing where the CRD is not installed', async () => {
    expect(await cluster.repositories('stowage-system')).toEqual([]);
    const metadata = { name: 'kopia', namespace: 'stowage-system' };
    answers.set(REPOSITORIES, { body: { items: [{ metadata, spec: { drills: { paused: true } } }] } });
    expect(await cluster.repositories('stowage-system')).toMatchObject([{ drills: { paused: true } }]);
    answers.set(REPOSITORIES, { status: 403, body: { kind: 'Status' } });
    expect(await failureOf(cluster.repositories('stowage-system'))).toMatchObject({ type: 'Forbidden' });
  });
});
