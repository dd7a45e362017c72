import { describe, expect, test } from 'vitest';
import type { OpenRun } from '../../../activities/ports/run-registry.ts';
import { elderRuns } from '../../../activities/volume/elder-runs.ts';
import { backupWorkflowId, type RunReference } from '../../../workflows/backup/contract.ts';
import { FailureType } from '../../../workflows/failures.ts';
import { backupStep, failureOf, NAMESPACE, OWN_RUN, runOf } from '../small-world.ts';
import { createBackupWorld } from './backup-world.ts';

describe('a backup among several runs on one claim', () => {
  const OTHER = runOf('other');
  const open = (run: RunReference, startedAt: number, kind: OpenRun['kind'] = 'Backup'): OpenRun => ({
    ...run,
    kind,
    startedAt,
  });
  const preflight = async (onClaim: OpenRun[], byId?: RunReference) => {
    const { activities, run, runs } = await createBackupWorld();
    runs.onClaim = onClaim;
    if (byId) runs.add(byId);
    return run(() => activities.preflightBackup(backupStep()));
  };

  test.each<OpenRun['kind']>(['Backup', 'Restore'])('waits for a %s that began earlier', async (kind) => {
    const failed = await failureOf(preflight([open(OWN_RUN, 2000), open(OTHER, 1000, kind)]));
    expect(failed).toMatchObject({ type: FailureType.VolumeBusy, retryable: true });
    expect(failed.message).toContain(OTHER.runId);
  });

  test('goes before those that began later, and before itself', async () => {
    await expect(preflight([open(OWN_RUN, 1000), open(OTHER, 2000)])).resolves.toBeDefined();
  });

  test('waits while it does not know its own place', async () => {
    const failed = await failureOf(preflight([open(OTHER, 1000)]));
    expect(failed.type).toBe(FailureType.VolumeBusy);
  });

  test('of two that began at the same moment exactly one waits', () => {
    const both = [open(OWN_RUN, 1000), open(OTHER, 1000)];
    expect(elderRuns(both, OWN_RUN).length + elderRuns(both, OTHER).length).toBe(1);
  });

  test('does not wait for the one by hand that itself waits for this one', async () => {
    const byHand = { workflowId: backupWorkflowId(NAMESPACE, 'app-src'), runId: 'by-hand' };
    await expect(preflight([open(OWN_RUN, 1000), open(byHand, 2000)], byHand)).resolves.toBeDefined();
    const unlisted = await failureOf(preflight([open(OWN_RUN, 1000)], byHand));
    expect(unlisted.type).toBe(FailureType.VolumeBusy);
  });
});
