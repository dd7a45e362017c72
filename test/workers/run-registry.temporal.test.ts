import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunRegistry } from '../../activities/ports/run-registry.ts';
import { createRunRegistry } from '../../workers/run-registry.ts';
import { SearchAttribute } from '../../workflows/progress.ts';
import { type DevServer, startDevServer } from '../servers/temporal-dev-server.ts';

let server: DevServer;
let runs: RunRegistry;
beforeAll(async () => {
  server = await startDevServer();
  runs = createRunRegistry(server.client.workflow);
}, 60_000);
afterAll(() => server?.kill());

/** Nobody serves the queue: the run stays open until it is ended. */
const start = (type: string, workflowId: string, namespace: string, claim: string) =>
  server.client.workflow.start(type, {
    taskQueue: 'nobody',
    workflowId,
    args: [{}],
    searchAttributes: { [SearchAttribute.namespace]: [namespace], [SearchAttribute.claim]: [claim] },
  });

it('lists the open backups and restores of one claim, whatever their ids, and nothing else', {
  timeout: 60_000,
}, async () => {
  const scheduled = await start('backupVolume', 'backup/demo/app-src-2026-11-23T10:00:00Z', 'demo', 'app');
  const other = await start('backupVolume', 'backup/demo/second-src', 'demo', 'app');
  const restore = await start('restoreVolume', 'restore/demo/app', 'demo', 'app');
  await start('backupVolume', 'backup/demo/else-src', 'demo', 'else');
  await start('backupVolume', 'backup/media/app-src', 'media', 'app');
  await start('listSnapshots', 'list/demo/app', 'demo', 'app');
  const ids = async () => (await runs.openRunsOnClaim('demo', 'app')).map(({ workflowId }) => workflowId).sort();
  const all = [scheduled, other, restore].map(({ workflowId }) => workflowId).sort();
  await expect.poll(ids, { timeout: 20_000 }).toEqual(all);

  const listed = await runs.openRunsOnClaim('demo', 'app');
  const found = listed.find(({ workflowId }) => workflowId === scheduled.workflowId);
  expect(found).toMatchObject({ kind: 'Backup', runId: scheduled.firstExecutionRunId });
  expect(Math.abs((found?.startedAt ?? 0) - Date.now())).toBeLessThan(60_000);
  expect(listed.find(({ workflowId }) => workflowId === restore.workflowId)?.kind).toBe('Restore');

  await scheduled.terminate();
  await expect.poll(ids, { timeout: 20_000 }).toEqual([other.workflowId, restore.workflowId].sort());
  expect(await runs.openRunsOnClaim("demo' OR 'a' = 'a", 'app')).toEqual([]);
});
