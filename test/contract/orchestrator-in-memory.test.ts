import { describe, expect, it } from 'vitest';
import { orchestratorConformance } from '../conformance/orchestrator.ts';
import { InMemoryOrchestrator } from '../fakes/in-memory-orchestrator.ts';
import { declared } from '../schedules/manifests.ts';

const fake = new InMemoryOrchestrator();
orchestratorConformance('in memory', () => ({
  orchestrator: fake,
  schedule: async (id) => {
    const found = fake.schedules.get(id);
    return found && { paused: found.paused, note: found.note };
  },
  endRun: async (workflowId, failureType) => {
    const run = fake.open(workflowId);
    if (!run) throw new Error(`no open run ${workflowId}`);
    fake.end(run, failureType ? { state: 'Failed', failureType } : { state: 'Completed' });
  },
}));

describe('the fake', () => {
  it('refuses a mass deletion as the real one does', async () => {
    const world = new InMemoryOrchestrator();
    const sources = Array.from({ length: 12 }, (_, index) => ({ source: declared({ name: `app-${index}` }) }));
    await world.syncSchedules(sources);
    const report = await world.syncSchedules([], { keep: [] });
    expect(report.left.size).toBe(12);
    expect(world.schedules.size).toBe(12);
  });
});
