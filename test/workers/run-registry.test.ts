import { ServiceError, type WorkflowClient, WorkflowNotFoundError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { createRunRegistry } from '../../workers/run-registry.ts';

type Answer = { status: string; runId?: string } | Error;

function registry(answer: Answer) {
  const asked: (string | undefined)[][] = [];
  const client = {
    getHandle: (workflowId: string, runId?: string) => ({
      describe: async () => {
        asked.push([workflowId, runId]);
        if (answer instanceof Error) throw answer;
        return { runId: answer.runId ?? runId, status: { name: answer.status } };
      },
    }),
  } as unknown as WorkflowClient;
  return { asked, runs: createRunRegistry(client) };
}

const run = { workflowId: 'backup/demo/app-src', runId: 'run-1' };
const unknown = new WorkflowNotFoundError('not found', run.workflowId, run.runId);

describe('the registry of runs', () => {
  it.each([
    ['RUNNING', true],
    ['PAUSED', true],
    ['COMPLETED', false],
    ['FAILED', false],
    ['TERMINATED', false],
    ['TIMED_OUT', false],
    ['CONTINUED_AS_NEW', false],
  ])('takes a run that is %s as open: %s', async (status, open) => {
    const { runs, asked } = registry({ status });
    expect(await runs.isOpen(run)).toBe(open);
    expect(asked).toEqual([[run.workflowId, run.runId]]);
  });

  it('takes a run that Temporal does not know as closed', async () => {
    const { runs } = registry(unknown);
    expect(await runs.isOpen(run)).toBe(false);
    expect(await runs.openRun(run.workflowId)).toBeUndefined();
  });

  it('takes a run id that Temporal could never have given as closed', async () => {
    const refused = new ServiceError('invalid', { cause: Object.assign(new Error('Invalid RunId'), { code: 3 }) });
    expect(await registry(refused).runs.isOpen({ ...run, runId: 'written-by-hand' })).toBe(false);
  });

  it('names the open run of a workflow id, and none when it has closed', async () => {
    expect(await registry({ status: 'RUNNING', runId: 'run-9' }).runs.openRun('restore/demo/app')).toEqual({
      workflowId: 'restore/demo/app',
      runId: 'run-9',
    });
    expect(await registry({ status: 'FAILED', runId: 'run-9' }).runs.openRun('restore/demo/app')).toBeUndefined();
  });

  it('does not guess when Temporal gives no answer: a live mover would be taken for a leftover', async () => {
    const away = new ServiceError('gone', { cause: Object.assign(new Error('UNAVAILABLE'), { code: 14 }) });
    await expect(registry(away).runs.isOpen(run)).rejects.toMatchObject({
      name: 'PortError',
      type: 'ClusterUnreachable',
    });
  });

  it('does not guess either which runs of a claim are open', async () => {
    const list = () => {
      throw new ServiceError('gone');
    };
    const runs = createRunRegistry({ list } as unknown as WorkflowClient);
    await expect(runs.openRunsOnClaim('demo', 'app')).rejects.toMatchObject({ type: 'ClusterUnreachable' });
  });
});
