import { type Client, WorkflowFailedError } from '@temporalio/client';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  type RetryState,
  TerminatedFailure,
} from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { claimView } from '../../cli/cluster.ts';
import { exitCodeOf } from '../../cli/exit-codes.ts';
import { runFailure } from '../../cli/run-end.ts';
import { type ListedRun, openRunsOf } from '../../cli/runs.ts';
import { joinStatus, type ListedSchedule } from '../../cli/volume-status.ts';
import { FailureType, failureRules } from '../../workflows/failures.ts';

const failed = (cause: Error) => new WorkflowFailedError('failed', cause, 'TIMEOUT' as unknown as RetryState);

describe('the end of a run', () => {
  it('is told by its failure type, message, remedy and exit code, without saying the remedy twice', () => {
    const { remedy, exitCode } = failureRules.WrongPassword;
    const cause = ApplicationFailure.nonRetryable(`it does not open → ${remedy}`, FailureType.WrongPassword);
    expect(runFailure(failed(cause))).toEqual({
      outcome: 'Failed',
      type: 'WrongPassword',
      message: 'it does not open',
      remedy,
      exitCode,
    });
  });

  it('is dug out of the activity that failed', () => {
    const cause = ApplicationFailure.nonRetryable('no such claim', FailureType.SourceMissing);
    const activity = new ActivityFailure(
      'Activity task failed',
      'preflightBackup',
      '1',
      'TIMEOUT' as unknown as RetryState,
      'w',
      cause,
    );
    expect(runFailure(failed(activity))).toMatchObject({ type: 'SourceMissing', message: 'no such claim' });
  });

  it.each([
    [new CancelledFailure('Workflow canceled'), 'Canceled', 'the run was canceled'],
    [new TerminatedFailure('by hand'), 'Terminated', 'the run was terminated: by hand'],
    [new ApplicationFailure('boom', 'SomethingElse'), 'Failed', 'boom'],
  ])('%s has exit code 1', (cause, outcome, message) => {
    expect(runFailure(failed(cause))).toMatchObject({ outcome, message, exitCode: 1 });
  });

  it('has an exit code of its own for every failure type', () => {
    const codes = Object.values(FailureType).map(exitCodeOf);
    expect(new Set(codes).size).toBe(codes.length);
    expect(Math.min(...codes)).toBeGreaterThanOrEqual(10);
    expect(exitCodeOf('toString')).toBe(1);
  });
});

describe('open runs', () => {
  const info = (workflowId: string) => ({
    workflowId,
    runId: workflowId,
    type: 'backupVolume',
    status: { name: 'RUNNING' },
    startTime: new Date('2026-11-23T12:00:00Z'),
  });
  const scheduled = 'backup/demo/app-2026-11-23T12:00:00Z';
  const ended = new Set(['backup/demo/app']);
  const client = {
    workflow: {
      async *list() {
        yield* ['backup/demo/app', scheduled, 'backup/demo/app-src'].map(info);
      },
      getHandle: (workflowId: string) => ({
        describe: async () => ({ status: { name: ended.has(workflowId) ? 'COMPLETED' : 'RUNNING' } }),
      }),
    },
  } as unknown as Client;

  it('are those of this very source that say so themselves: the list lags behind', async () => {
    expect((await openRunsOf(client, 'backup/demo/app')).map(({ workflowId }) => workflowId)).toEqual([scheduled]);
  });
});

describe('a claim', () => {
  it('tells what its annotations record, and nothing where they are not what they should be', () => {
    const record = { outcome: 'Succeeded', finishedAt: '2026-11-23T11:00:32Z' };
    const metadata = {
      namespace: 'demo',
      name: 'app-config',
      annotations: {
        'stowage.dev/last-backup': JSON.stringify(record),
        'stowage.dev/last-failure': 'not json',
        'stowage.dev/restored-from-snapshot': 'abc',
      },
    };
    expect(claimView({ metadata, status: { phase: 'Bound', capacity: { storage: '1Gi' } } })).toEqual({
      namespace: 'demo',
      name: 'app-config',
      phase: 'Bound',
      capacity: '1Gi',
      lastBackup: record,
      restored: { snapshotId: 'abc' },
    });
    expect(claimView({})).toEqual({ namespace: '', name: '', phase: 'Unknown' });
  });
});

describe('the status', () => {
  const schedule = (name: string): ListedSchedule => ({
    scheduleId: `backup/demo/${name}-src`,
    namespace: 'demo',
    claim: `${name}-config`,
    paused: false,
    note: '',
  });
  const run = (workflowId: string, workflowType = 'backupVolume'): ListedRun => ({
    workflowId,
    runId: 'r',
    workflowType,
    status: 'RUNNING',
    startTime: new Date('2026-11-23T12:00:00Z'),
  });
  const claim = (name: string) => ({ namespace: 'demo', name, phase: 'Bound' });

  it('joins schedules, runs and claims, and leaves out claims that were never ours', () => {
    const volumes = joinStatus({
      schedules: [schedule('a'), schedule('b')],
      runs: [run('backup/demo/a-src-2026-11-23T12:00:00Z'), run('restore/demo/new-config', 'restoreVolume')],
      claims: [claim('a-config'), claim('stranger'), { ...claim('c-config'), restored: { snapshotId: 'x' } }],
    });
    expect(
      volumes.map(({ claim: name, phase, running }) => [name, phase, running.map(({ workflowId }) => workflowId)]),
    ).toEqual([
      ['a-config', 'Bound', ['backup/demo/a-src-2026-11-23T12:00:00Z']],
      ['b-config', 'Missing', []],
      ['c-config', 'Bound', []],
      ['new-config', 'Missing', ['restore/demo/new-config']],
    ]);
  });

  it('claims nothing about the cluster when it can not be read', () => {
    expect(joinStatus({ schedules: [schedule('a')], runs: [] })[0]).not.toHaveProperty('phase');
  });
});
