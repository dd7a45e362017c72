import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readUsedRights } from '../system/audit.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowage-audit-'));
});
afterAll(() => rm(folder, { recursive: true }));

const line = (user: string, verb: string, objectRef: object, decision = 'allow'): string =>
  JSON.stringify({
    verb,
    requestURI: '/apis/batch/v1/jobs?watch=true',
    user: { username: user },
    objectRef,
    annotations: { 'authorization.k8s.io/decision': decision },
  });
const control = 'system:serviceaccount:stowage-world:stowage-control';

test('the audit log tells what each role used, and what it was refused', async () => {
  await writeFile(
    join(folder, 'audit.log'),
    [
      line(control, 'watch', { apiGroup: 'batch', resource: 'jobs' }),
      line('system:serviceaccount:stowage-system:stowage-control', 'get', { resource: 'pods', subresource: 'log' }),
      line(control, 'list', { resource: 'secrets', namespace: 'media' }, 'forbid'),
      line(control, 'list', { resource: 'configmaps', namespace: 'stowage-world' }, 'forbid'),
      // A namespace on its way out refuses what RBAC allows.
      line(control, 'create', { resource: 'events', namespace: 'media' }),
      line('system:serviceaccount:media:default', 'delete', { resource: 'pods' }),
      '{"verb":"get","us',
    ].join('\n'),
  );
  const roles = await readUsedRights(folder);
  expect([...roles.keys()]).toEqual(['control']);
  const { used, refused } = roles.get('control')!;
  expect([...used].sort()).toEqual(['create /events', 'get /pods/log', 'watch batch/jobs']);
  expect([...refused.values()]).toEqual([
    { right: 'list /secrets', uri: '/apis/batch/v1/jobs', own: false },
    { right: 'list /configmaps', uri: '/apis/batch/v1/jobs', own: true },
  ]);
});

test('a platform without an audit log is an error, not a platform on which nothing was refused', async () => {
  await expect(readUsedRights(join(folder, 'absent'))).rejects.toThrow(/no audit log/);
});
