import { describe, expect, it } from 'vitest';
import type { Orchestrator } from '../../activities/ports/orchestrator.ts';
import { scheduleId } from '../../schedules/ids.ts';
import { backupWorkflowId } from '../../workflows/backup/contract.ts';
import { declared } from '../schedules/manifests.ts';

/** A side of the port, and what a test looks at behind its back. */
export interface OrchestratorUnderTest {
  readonly orchestrator: Orchestrator;
  /** Undefined when there is none of that id. */
  schedule(id: string): Promise<{ readonly paused: boolean; readonly note: string } | undefined>;
  /** Lets the open run of an id end well, or fail with a type. */
  endRun(workflowId: string, failureType?: string): Promise<void>;
}

/** What every side of the `Orchestrator` port does alike. Names are unique: one side keeps its state between tests. */
export function orchestratorConformance(side: string, current: () => OrchestratorUnderTest): void {
  describe(`orchestrator port, ${side}`, () => {
    it('makes a schedule once; the same declaration then changes nothing', async () => {
      const { orchestrator, schedule } = current();
      const source = declared({ name: 'once' });
      expect((await orchestrator.syncSchedules([{ source }])).changes).toBe(1);
      expect(await schedule(scheduleId('demo', 'once'))).toMatchObject({ paused: false });
      expect((await orchestrator.syncSchedules([{ source }])).changes).toBe(0);
    });

    it('holds a schedule with a reason, and lets it go on', async () => {
      const { orchestrator, schedule } = current();
      const source = declared({ name: 'held' });
      await orchestrator.syncSchedules([{ source, held: 'SecretMissing: create it' }]);
      expect(await schedule(scheduleId('demo', 'held'))).toEqual({
        paused: true,
        note: 'Stowage: SecretMissing: create it',
      });
      expect((await orchestrator.syncSchedules([{ source, held: 'SecretMissing: create it' }])).changes).toBe(0);
      await orchestrator.syncSchedules([{ source }]);
      expect(await schedule(scheduleId('demo', 'held'))).toMatchObject({ paused: false });
    });

    it('does not trigger a schedule that is held', async () => {
      const { orchestrator } = current();
      const source = declared({ name: 'quiet' });
      await orchestrator.syncSchedules([{ source, held: 'because' }]);
      await orchestrator.triggerSchedule({ namespace: 'demo', name: 'quiet' });
      expect(await orchestrator.lastRun(backupWorkflowId('demo', 'quiet'))).toBeUndefined();
    });

    it('deletes the schedule of one source, and is content when there is none', async () => {
      const { orchestrator, schedule } = current();
      await orchestrator.syncSchedules([{ source: declared({ name: 'gone' }) }]);
      await orchestrator.deleteSchedule({ namespace: 'demo', name: 'gone' });
      expect(await schedule(scheduleId('demo', 'gone'))).toBeUndefined();
      await orchestrator.deleteSchedule({ namespace: 'demo', name: 'gone' });
    });

    it('names what no source declares and stays: what is kept, and nothing without a look at everything', async () => {
      const { orchestrator } = current();
      const source = declared({ name: 'left' });
      const kept = { namespace: 'demo', name: 'left' };
      expect((await orchestrator.syncSchedules([{ source }])).left).toEqual(new Set());
      // The list is eventually consistent.
      const look = async () => (await orchestrator.syncSchedules([], { keep: [...others, kept] })).left;
      const others = ['once', 'held', 'quiet'].map((name) => ({ namespace: 'demo', name }));
      await expect.poll(look, { timeout: 10_000 }).toContain('demo/left');
      expect((await orchestrator.syncSchedules([{ source }], { keep: others })).left).not.toContain('demo/left');
      await orchestrator.deleteSchedule(kept);
      await expect.poll(look, { timeout: 10_000 }).not.toContain('demo/left');
    });

    it('takes the schedule of a source away that declares only a manual trigger now', async () => {
      const { orchestrator, schedule } = current();
      await orchestrator.syncSchedules([{ source: declared({ name: 'manual' }) }]);
      await orchestrator.syncSchedules([
        { source: declared({ name: 'manual', spec: { trigger: { manual: 'now' } } }) },
      ]);
      expect(await schedule(scheduleId('demo', 'manual'))).toBeUndefined();
    });

    it('starts a run once, tells how it stands and for what it was started, and starts it again after its end', async () => {
      const { orchestrator, endRun } = current();
      const request = declared({ name: 'run' }).request;
      const id = backupWorkflowId('demo', 'run');
      expect(await orchestrator.lastRun(id)).toBeUndefined();
      await orchestrator.startBackup(request, 'first');
      await orchestrator.startBackup(request, 'second');
      const open = await orchestrator.lastRun(id);
      expect(open).toMatchObject({ state: 'Open', attempt: 'first' });
      await endRun(id);
      const ended = await orchestrator.lastRun(id);
      expect(ended).toMatchObject({ state: 'Completed', attempt: 'first', runId: open?.runId });
      expect(ended?.closedAt).toBeGreaterThan(0);
      await orchestrator.startBackup(request, 'third');
      expect(await orchestrator.lastRun(id)).toMatchObject({ state: 'Open', attempt: 'third' });
    });

    it('tells the type with which a run failed', async () => {
      const { orchestrator, endRun } = current();
      const id = backupWorkflowId('demo', 'fails');
      await orchestrator.startBackup(declared({ name: 'fails' }).request, 'only');
      await endRun(id, 'SecretInvalid');
      expect(await orchestrator.lastRun(id)).toMatchObject({ state: 'Failed', failureType: 'SecretInvalid' });
    });

    it('cancels an open run, and nothing else', async () => {
      const { orchestrator } = current();
      const id = backupWorkflowId('demo', 'canceled');
      await orchestrator.cancelRun(id);
      await orchestrator.startBackup(declared({ name: 'canceled' }).request, 'only');
      await orchestrator.cancelRun(id);
      await expect.poll(async () => (await orchestrator.lastRun(id))?.state, { timeout: 10_000 }).toBe('Canceled');
    });
  });
}
