import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, it } from 'vitest';
import { sourceOf } from '../../workers/workflow-bundle.ts';
import { scenarios } from './scenarios.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** Every stored history, read the way a person exports it from the Temporal UI. */
const histories = readdirSync(path('histories'), { recursive: true, encoding: 'utf8' }).filter((f) =>
  f.endsWith('.json'),
);

const replay = (bundle: WorkflowBundleWithSourceMap, file: string): Promise<void> =>
  Worker.runReplayHistory({ workflowBundle: bundle }, JSON.parse(readFileSync(path(`histories/${file}`), 'utf8')));

let today: WorkflowBundleWithSourceMap;
beforeAll(async () => {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { forward: {}, filter: 'OFF' } },
  });
  const { workflowsPath, bundlerOptions } = sourceOf(path('../../'));
  today = await bundleWorkflowCode({ workflowsPath, ...bundlerOptions });
}, 60_000);

describe('stored histories', () => {
  it('hold one of each behaviour', () => {
    for (const { name } of scenarios)
      expect(
        histories.some((file) => file.endsWith(`-${name}.json`)),
        name,
      ).toBe(true);
  });

  it.each(histories)('%s replays on the workflows of today', async (file) => {
    await replay(today, file);
  });

  it('a workflow that skips the read-back is caught', { timeout: 60_000 }, async () => {
    const altered = await bundleWorkflowCode({ workflowsPath: path('altered/index.ts') });
    const file = histories.find((name) => name.endsWith('-backup-snapshot.json'))!;
    await expect(replay(altered, file)).rejects.toThrow(DeterminismViolationError);
  });
});
